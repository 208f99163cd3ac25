// Tandem's own directives in global_defs, plain or behind `#tandem`.
import { formatEndpoint, type IpEndpoint } from "../../../src/base/address.ts";
import { parseIp, printIp } from "../../../src/base/ip.ts";
import type { Statement } from "../blocks.ts";
import type { Context } from "../context.ts";
import type { GlobalDraft, TandemDraft } from "../draft.ts";
import { ours, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { parseBool, parseDuration } from "../values.ts";
import { EVENT_KEYWORDS } from "./events.ts";

/** The port of heartbeats unless `port` says otherwise. */
export const HEARTBEAT_PORT_DEFAULT = 1112;
const KEY_BYTES_MIN = 8;
const TIMEOUT_MIN_MS = 10;
const TIMEOUT_MAX_MS = 3_600_000;
const BUDGET_COUNT_MAX = 10_000;

type TimeField =
  "balancerTimeoutMs" | "agentTimeoutMs" | "balancerStartTimeoutMs" | "restartInPlaceMs";

function timeout(
  name: string,
  field: TimeField,
  summary: string,
  fallback: string,
): Keyword<GlobalDraft> {
  return ours({
    name,
    form: "DURATION",
    summary,
    default: fallback,
    needs: 1,
    read: ({ words, position }, _draft, context) => {
      const value = parseDuration(words[1]!);
      if (value === undefined || value < TIMEOUT_MIN_MS || value > TIMEOUT_MAX_MS) {
        const found = `'${name}' found '${shown(words[1]!)}', expected a duration of 10ms to 1h`;
        context.refuseOurs(found, position, "For example: 300ms, 2s.");
      } else context.draft.tandem[field] = value;
    },
  });
}

type SwitchField = "isFitnessMinded" | "mapsHaproxyChecks" | "isRealtime" | "hasReserve";

function onOff(
  name: string,
  field: SwitchField,
  summary: string,
  fallback: string,
): Keyword<GlobalDraft> {
  return ours({
    name,
    form: "[BOOL]",
    summary,
    default: fallback,
    read: ({ words, position }, _draft, context) => {
      const value = words[1] === undefined ? true : parseBool(words[1]);
      if (value === undefined) {
        context.refuseOurs(`'${name}' found '${shown(words[1]!)}', expected on or off`, position);
      } else context.draft.tandem[field] = value;
    },
  });
}

function program(name: string, field: "vipUp" | "vipDown", summary: string): Keyword<GlobalDraft> {
  return ours({
    name,
    form: "PROGRAM",
    summary,
    default: "built in",
    needs: 1,
    read: ({ words, position }, _draft, context) => {
      if (words[1]!.startsWith("/")) context.draft.tandem[field] = words[1]!;
      else
        context.refuseOurs(
          `'${name}' found '${shown(words[1]!)}', expected an absolute path`,
          position,
        );
    },
  });
}

function readFailurePolicy(
  { words, position }: Statement,
  _draft: unknown,
  context: Context,
): void {
  const word = words[1]!;
  if (word === "failover" || word === "restart") context.draft.tandem.onBalancerFailure = word;
  else
    context.refuseOurs(
      `'on-balancer-failure' found '${shown(word)}', expected failover or restart`,
      position,
    );
}

function readBudget({ words, position }: Statement, _draft: unknown, context: Context): void {
  const count = /^\d{1,5}$/.test(words[1]!) ? Number(words[1]) : -1;
  const periodMs = parseDuration(words[2]!);
  if (count < 0 || count > BUDGET_COUNT_MAX || periodMs === undefined || periodMs <= 0) {
    const found = shown(words.slice(1).join(" "));
    context.refuseOurs(
      `'restart-budget' found '${found}', expected COUNT DURATION, as 10 60s`,
      position,
    );
  } else context.draft.tandem.restartBudget = { count, periodMs };
}

/** `heartbeat LOCAL PEER key SECRET [port N] [interface IF]`. The secret is never repeated. */
function readHeartbeat({ words, position }: Statement, _draft: unknown, context: Context): void {
  const form = "expected: heartbeat LOCAL PEER key SECRET [port N] [interface IF]";
  const refuse = (what: string): void => context.refuseOurs(`'heartbeat': ${what}`, position, form);
  const local = parseIp(words[1]!);
  const peer = parseIp(words[2]!);
  if (local === undefined || peer === undefined) {
    refuse("LOCAL and PEER must be numeric addresses");
    return;
  }
  if (local.length !== peer.length) {
    refuse("LOCAL and PEER must be of the same family");
    return;
  }
  const options = new Map<string, string>();
  for (let i = 3; i < words.length; i += 2) {
    const [name = "", value] = [words[i], words[i + 1]];
    if (!/^(?:key|port|interface)$/.test(name) || options.has(name) || value === undefined) {
      refuse(`an unknown, repeated or unfinished word at position ${i + 1}`);
      return;
    }
    options.set(name, value);
  }
  const key = new TextEncoder().encode(options.get("key") ?? "");
  if (key.length < KEY_BYTES_MIN) {
    refuse(`the key has ${key.length} bytes, at least ${KEY_BYTES_MIN} are needed`);
    return;
  }
  const portText = options.get("port") ?? String(HEARTBEAT_PORT_DEFAULT);
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535) {
    refuse(`found port '${shown(portText)}', expected 1 to 65535`);
    return;
  }
  const end = (bytes: Uint8Array): IpEndpoint => ({
    kind: "ip",
    family: bytes.length === 4 ? 4 : 6,
    host: printIp(bytes),
    port,
  });
  add(context.draft.tandem, end(local), end(peer), key, options.get("interface"), refuse);
}

function add(
  tandem: TandemDraft,
  local: IpEndpoint,
  peer: IpEndpoint,
  key: Uint8Array,
  device: string | undefined,
  refuse: (what: string) => void,
): void {
  const id = formatEndpoint(local) + formatEndpoint(peer);
  const isKnown = tandem.heartbeats.some(
    (one) => formatEndpoint(one.local) + formatEndpoint(one.peer) === id,
  );
  if (isKnown) refuse("the same path is already configured");
  else tandem.heartbeats.push({ local, peer, key, interface: device });
}

/** The directives of `TandemSettings`. */
export const TANDEM_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  ours({
    name: "heartbeat",
    form: "LOCAL PEER key SECRET [port N] [interface IF]",
    summary: "A second path for adverts, UDP unicast, authenticated.",
    default: "none; port 1112",
    needs: 4,
    read: readHeartbeat,
  }),
  timeout(
    "balancer-timeout",
    "balancerTimeoutMs",
    "Silence of the balancer that is a hang.",
    "300ms",
  ),
  timeout("agent-timeout", "agentTimeoutMs", "Silence of the agent that is a hang.", "300ms"),
  timeout(
    "balancer-start-timeout",
    "balancerStartTimeoutMs",
    "How long the balancer may take to be ready.",
    "10s",
  ),
  ours({
    name: "on-balancer-failure",
    form: "failover|restart",
    summary: "Hand the address over at once, or restart in place first.",
    default: "failover",
    needs: 1,
    read: readFailurePolicy,
  }),
  timeout(
    "restart-in-place-timeout",
    "restartInPlaceMs",
    "With restart: the time the new balancer has.",
    "1s",
  ),
  ours({
    name: "restart-budget",
    form: "COUNT DURATION",
    summary: "Restarts of one child before it is given up.",
    default: "10 60s",
    needs: 2,
    read: readBudget,
  }),
  onOff(
    "fit-to-serve",
    "isFitnessMinded",
    "A node whose balancer cannot serve hands the address over.",
    "on",
  ),
  program("vip-up", "vipUp", "Adds addresses, with the arguments of scripts/vip-up."),
  program("vip-down", "vipDown", "Removes addresses, with the arguments of scripts/vip-down."),
  onOff(
    "map-haproxy-checks",
    "mapsHaproxyChecks",
    "Checks whether haproxy runs are answered by the guard's own watch.",
    "off",
  ),
  onOff(
    "balancer-reserve",
    "hasReserve",
    "A second balancer process, loaded and waiting, replaces one that ended; it takes memory only.",
    "on",
  ),
  onOff("realtime", "isRealtime", "Real-time scheduling of guard and agent.", "on"),
  ...EVENT_KEYWORDS,
];
