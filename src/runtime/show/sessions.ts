// show sess [<id>|all] (haproxy management §9.3)
import { type Endpoint, formatEndpoint } from "../../base/address.ts";
import type { Millis } from "../../base/units.ts";
import { RUNTIME_ENTRIES_PER_PIECE_MAX } from "../limits.ts";
import { formatAcceptDate } from "../../log/date.ts";
import { PACKET_TYPE_NAMES } from "../../mqtt/packet-types.ts";
import type { PacketCounts } from "../../session/mover.ts";
import type { Session } from "../../session/session.ts";
import {
  type Answer,
  type CommandCall,
  refuse,
  type RuntimeCommand,
  type RuntimeContext,
} from "../command.ts";
import { shortDuration } from "./durations.ts";

/** The command. */
export const SHOW_SESSIONS: RuntimeCommand = {
  words: ["show", "sess"],
  usage: "show sess [id]",
  help: "report the list of current sessions or dump this exact session",
  level: "operator",
  run: showSessions,
};

/** HAProxy's number of a connection's state: being made, and established. */
const CONNECTING = 4;
const ESTABLISHED = 8;

function showSessions({ args, nowMs }: CommandCall, context: RuntimeContext): Answer {
  const [word] = args;
  const clock = (): Millis => Math.max(nowMs, context.world.nowMs);
  if (word === "all") {
    return { kind: "output", pieces: pieces(context, (s) => details(s, context, clock())) };
  }
  if (word?.startsWith("0x") !== true) {
    return { kind: "output", pieces: pieces(context, (s) => line(s, context, clock())) };
  }
  const id = /^0x[0-9a-f]{1,13}$/i.test(word) ? Number(word) : undefined;
  for (const session of context.sessions()) {
    if (session.context.id !== id) continue;
    return { kind: "output", pieces: [details(session, context, nowMs)] };
  }
  return refuse("Session not found.");
}

/** The sessions that live now: those that come while the client reads are not for this list. */
function* pieces(
  context: RuntimeContext,
  print: (session: Session) => string,
): Generator<string, void> {
  const endId = context.world.requestCount;
  let skippedCount = 0;
  for (const session of context.sessions()) {
    if (session.context.id < endId) yield print(session);
    else {
      skippedCount += 1;
      if (skippedCount % RUNTIME_ENTRIES_PER_PIECE_MAX === 0) yield "";
    }
  }
}

function idOf(session: Session): string {
  return `0x${session.context.id.toString(16)}`;
}

function protocolOf(endpoint: Endpoint): string {
  return endpoint.kind === "ip" ? `tcpv${endpoint.family}` : "unix_stream";
}

/** An address without brackets, as in `src=::1:4711`. */
function addressOf(endpoint: Endpoint): string {
  if (endpoint.kind === "unix") return `unix:${endpoint.path}`;
  return `${endpoint.host}:${endpoint.port}`;
}

function ageMs(session: Session, { process }: RuntimeContext, nowMs: Millis): Millis {
  return nowMs + process.wallOffsetMs - session.context.wallMs;
}

function expiry(session: Session, nowMs: Millis): string {
  const deadlineMs = session.nextTimeout();
  return deadlineMs === undefined ? "" : shortDuration(deadlineMs - nowMs);
}

/** One line; what HAProxy says of its tasks and buffers is 0 or empty. */
function line(session: Session, context: RuntimeContext, nowMs: Millis): string {
  const { source, frontend, backend, server } = session.context;
  const isRelaying = session.stateName === "relaying" || session.stateName === "answering";
  const channel = "[f=000000h,i=0,an=00h,rx=,wx=,ax=]";
  return [
    `${idOf(session)}: proto=${protocolOf(source)} src=${addressOf(source)}`,
    `fe=${frontend.name} be=${backend?.name ?? "<NONE>"} srv=${server?.name ?? "<none>"}`,
    `ts=00 epoch=0 age=${shortDuration(ageMs(session, context, nowMs))}`,
    "calls=0 rate=0 cpu=0 lat=0",
    `rq${channel} rp${channel}`,
    `scf=[${ESTABLISHED},0h,fd=-1] scb=[${isRelaying ? ESTABLISHED : CONNECTING},0h,fd=-1]`,
    `exp=${expiry(session, nowMs)} rc=${session.log.retryCount} c_exp=\n`,
  ].join(" ");
}

/** Several lines about one session. */
function details(session: Session, context: RuntimeContext, nowMs: Millis): string {
  const { source, destination, frontend, backend, server, wallMs, id } = session.context;
  const { log, stateName } = session;
  const date = formatAcceptDate(wallMs, context.process.utcOffset);
  const serverAddress = log.serverAddress === undefined ? "-" : formatEndpoint(log.serverAddress);
  return [
    `${idOf(session)}: [${date}] id=${id} proto=${protocolOf(source)} source=${addressOf(source)}`,
    `  state=${stateName} age=${shortDuration(ageMs(session, context, nowMs))} exp=${expiry(session, nowMs)} conn_retries=${log.retryCount}`,
    `  frontend=${frontend.name} (id=${frontend.id} mode=tcp), addr=${addressOf(destination)}`,
    backend === undefined
      ? "  backend=<NONE> (id=-1 mode=-)"
      : `  backend=${backend.name} (id=${backend.id} mode=tcp)`,
    server === undefined
      ? "  server=<NONE> (id=-1)"
      : `  server=${server.name} (id=${server.id}) addr=${serverAddress}`,
    `  req=(total=${log.bytesToServer})`,
    `  res=(total=${log.bytesToClient})`,
    ...(log.packets === undefined ? [] : [packetLine(log.packets)]),
    "",
  ].join("\n");
}

/** Ours: the packets of MQTT, where they are counted. */
function packetLine({ toServer, toClient }: PacketCounts): string {
  const words = (counts: Float64Array): string =>
    PACKET_TYPE_NAMES.flatMap((name, type) =>
      counts[type]! > 0 ? [`${name}=${counts[type]!}`] : [],
    ).join(" ");
  return `  mqtt=(in: ${words(toServer)}, out: ${words(toClient)})`;
}
