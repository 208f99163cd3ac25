// The messages between guard and children as lines of JSON. What cannot be understood is `undefined`:
// the balancer reads what strangers send, so the guard takes nothing from it on trust.
import { Buffer } from "node:buffer";
import { CONNECTION_KEY_BYTES } from "../../src/base/connection-key.ts";
import { parseIp } from "../../src/base/ip.ts";
import {
  decodeGuardBeat,
  type Fitness,
  type FromBalancer,
  LIFE_VIPS_MAX,
  type ProbeResult,
  TICKLES_PER_MESSAGE_MAX,
  type ToBalancer,
} from "../../src/base/life.ts";
import { REASON_CHARS_MAX, REASONS_MAX } from "../limits.ts";
import type { OutgoingPacket } from "../vrrp/packet.ts";
import type { BalancerReport, LastWill, ToAgent, ToGuard } from "./messages.ts";

/** One line, its end included. Bytes are written in base64. */
export function encodeMessage(message: ToAgent | ToGuard | ToBalancer | FromBalancer): string {
  return `${JSON.stringify(message, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
  )}\n`;
}

/** A line from the agent. */
export function decodeToGuard(line: string): ToGuard | undefined {
  const message = parseObject(line);
  switch (message?.["kind"]) {
    case "beat":
      return { kind: "beat" };
    case "ready":
      return { kind: "ready" };
    case "will": {
      const will = decodeWill(message["will"]);
      return will === undefined ? undefined : { kind: "will", will };
    }
    case "vips": {
      const held = decodeAll(message["held"], decodeAddress);
      return held === undefined ? undefined : { kind: "vips", held: held.slice(0, LIFE_VIPS_MAX) };
    }
    default:
      return undefined;
  }
}

/** A line from the guard to the agent. */
export function decodeToAgent(line: string): ToAgent | undefined {
  const message = parseObject(line);
  switch (message?.["kind"]) {
    case "beat":
      return decodeGuardBeat(message);
    case "reload":
      return { kind: "reload" };
    case "stop":
      return { kind: "stop" };
    case "tickle":
      return decodeTickle(message);
    case "balancer": {
      const report = decodeReport(message["report"]);
      return report === undefined ? undefined : { kind: "balancer", report };
    }
    default:
      return undefined;
  }
}

/** A line from the balancer. */
export function decodeFromBalancer(line: string): FromBalancer | undefined {
  const message = parseObject(line);
  switch (message?.["kind"]) {
    case "ready":
      return { kind: "ready", listeners: decodeTexts(message["listeners"]) };
    case "stopping": {
      const reason = message["reason"];
      return { kind: "stopping", reason: typeof reason === "string" ? shorten(reason) : "" };
    }
    case "beat": {
      const fitness = decodeFitness(message["fitness"]);
      const probe = message["probe"];
      if (fitness === undefined || !isProbeResult(probe)) return undefined;
      const probeCount = message["probeCount"];
      return typeof probeCount === "number"
        ? { kind: "beat", fitness, probe, probeCount }
        : { kind: "beat", fitness, probe };
    }
    case "tickle":
      return decodeTickle(message);
    default:
      return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(line: string): Fields | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Fields | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return value as Fields;
}

/** Whole keys, not too many; what they say is judged by the agent. */
function decodeTickle(
  message: Fields,
): { readonly kind: "tickle"; readonly connections: string } | undefined {
  const connections = message["connections"];
  if (typeof connections !== "string") return undefined;
  const keyChars = (CONNECTION_KEY_BYTES / 3) * 4;
  const count = connections.length / keyChars;
  if (!Number.isInteger(count) || count > TICKLES_PER_MESSAGE_MAX) return undefined;
  return /^[A-Za-z0-9+/]*$/.test(connections) ? { kind: "tickle", connections } : undefined;
}

function decodeAddress(value: unknown): string | undefined {
  return typeof value === "string" && parseIp(value) !== undefined ? value : undefined;
}

function decodeFitness(value: unknown): Fitness | undefined {
  const fields = asObject(value);
  const isFit = fields?.["isFit"];
  if (typeof isFit !== "boolean") return undefined;
  return { isFit, reasons: decodeTexts(fields?.["reasons"]) };
}

function isProbeResult(value: unknown): value is ProbeResult {
  return value === "ok" || value === "failed" || value === "unknown";
}

/** Texts for people: what is too long is cut, what is too much is left out. */
function decodeTexts(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, REASONS_MAX)
    .filter((item) => typeof item === "string")
    .map(shorten);
}

function shorten(text: string): string {
  return text.length <= REASON_CHARS_MAX ? text : `${text.slice(0, REASON_CHARS_MAX - 1)}…`;
}

const REPORT_STATES = ["absent", "starting", "serving", "down", "given-up"] as const;

function decodeReport(value: unknown): BalancerReport | undefined {
  const fields = asObject(value);
  const state = REPORT_STATES.find((each) => each === fields?.["state"]);
  const isFit = fields?.["isFit"];
  if (state === undefined || typeof isFit !== "boolean") return undefined;
  return { state, isFit, reasons: decodeTexts(fields?.["reasons"]) };
}

function decodeWill(value: unknown): LastWill | undefined {
  const fields = asObject(value);
  const commands = decodeAll(fields?.["commands"], decodeCommand);
  const packets = decodeAll(fields?.["packets"], decodePacket);
  return commands === undefined || packets === undefined ? undefined : { commands, packets };
}

function decodeCommand(value: unknown): LastWill["commands"][0] | undefined {
  const fields = asObject(value);
  const program = fields?.["program"];
  const words = decodeAll(fields?.["words"], (word) =>
    typeof word === "string" ? word : undefined,
  );
  if (words === undefined || (program !== undefined && typeof program !== "string")) {
    return undefined;
  }
  return { program, words };
}

function decodePacket(value: unknown): OutgoingPacket | undefined {
  const fields = asObject(value);
  const family = fields?.["family"];
  const device = fields?.["interface"];
  const destination = decodeBytes(fields?.["destination"]);
  const bytes = decodeBytes(fields?.["bytes"]);
  if (family !== 4 && family !== 6) return undefined;
  if (typeof device !== "string" || destination === undefined || bytes === undefined) {
    return undefined;
  }
  return { family, interface: device, destination, bytes };
}

function decodeBytes(value: unknown): Uint8Array | undefined {
  return typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64")) : undefined;
}

/** All or nothing: half a will would be a wrong one. */
function decodeAll<T>(value: unknown, decode: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const decoded: T[] = [];
  for (const item of value) {
    const one = decode(item);
    if (one === undefined) return undefined;
    decoded.push(one);
  }
  return decoded;
}
