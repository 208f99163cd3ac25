// Commands that show the process and its surroundings (haproxy management §9.3).
import { formatAcceptDate } from "../../log/date.ts";
import { HAPROXY_VERSION_TEXT } from "../../version.ts";
import {
  type Answer,
  type CommandCall,
  output,
  refuse,
  type RuntimeCommand,
  type RuntimeContext,
  tell,
} from "../command.ts";

/** These commands. */
export const SHOW_PROCESS: readonly RuntimeCommand[] = [
  {
    words: ["show", "version"],
    usage: "show version",
    help: "show version of the current process",
    level: "user",
    run: () => tell(HAPROXY_VERSION_TEXT),
  },
  {
    words: ["show", "cli", "sockets"],
    usage: "show cli sockets",
    help: "dump list of cli sockets",
    level: "user",
    run: showSockets,
  },
  {
    words: ["show", "env"],
    usage: "show env [var]",
    help: "dump environment variables known to the process",
    level: "operator",
    run: showEnvironment,
  },
  {
    words: ["show", "errors"],
    usage: "show errors [<px>] [request|response]",
    help: "report last request and/or response errors for each proxy",
    level: "operator",
    run: showErrors,
  },
  {
    words: ["show", "startup-logs"],
    usage: "show startup-logs",
    help: "report logs emitted during startup",
    level: "operator",
    run: (_call, { process }) => output(process.startupLogs),
  },
  {
    words: ["show", "activity"],
    usage: "show activity",
    help: "show per-thread activity stats (for support/developers)",
    level: "user",
    run: showActivity,
  },
  {
    words: ["show", "threads"],
    usage: "show threads",
    help: "show the thread that moves traffic",
    level: "user",
    run: showThreads,
  },
  {
    words: ["show", "pools"],
    usage: "show pools",
    help: "report information about the memory usage",
    level: "user",
    run: showPools,
  },
  {
    words: ["show", "resolvers"],
    usage: "show resolvers [id]",
    help: "dumps counters from all resolvers section and associated name servers",
    level: "user",
    run: showResolvers,
  },
];

function showSockets(_call: CommandCall, { process }: RuntimeContext): Answer {
  const lines = process.sockets.map(({ address, level }) => `${address} ${level} all\n`);
  return output(`# socket lvl processes\n${lines.join("")}`);
}

function showEnvironment({ args }: CommandCall, { world }: RuntimeContext): Answer {
  const [name] = args;
  if (name === undefined) {
    const lines = Object.entries(world.environment).map(([key, value = ""]) => `${key}=${value}\n`);
    return { kind: "output", pieces: lines };
  }
  const value = Object.hasOwn(world.environment, name) ? world.environment[name] : undefined;
  return value === undefined ? refuse("Variable not found") : output(`${name}=${value}\n`);
}

/** Errors of HTTP are captured, and none is relayed: there never is one to show. */
function showErrors({ args, nowMs }: CommandCall, context: RuntimeContext): Answer {
  const [proxy] = args;
  const isKnown =
    proxy === undefined ||
    /^-?\d+$/.test(proxy) ||
    context.configuration.proxies.some(({ name }) => name === proxy);
  if (!isKnown) return refuse("No such proxy.");
  const { wallOffsetMs, utcOffset } = context.process;
  const date = formatAcceptDate(nowMs + wallOffsetMs, utcOffset);
  return output(`Total events captured on [${date}] : 0\n`);
}

/** What of HAProxy's list has a meaning here. */
function showActivity({ nowMs }: CommandCall, { world, process }: RuntimeContext): Answer {
  const wallMs = nowMs + process.wallOffsetMs;
  const micros = String(Math.floor((wallMs % 1000) * 1000)).padStart(6, "0");
  const accepted = world.counters.connectionsTotal + process.clientsTotal;
  return output(
    [
      "thread_id: 1 (1..1)",
      `date_now: ${Math.floor(wallMs / 1000)}.${micros}`,
      "pool_fail: 0 [ 0 ]",
      `accepted: ${accepted} [ ${accepted} ]`,
      "accq_full: 0 [ 0 ]",
      "",
    ].join("\n"),
  );
}

function showThreads(_call: CommandCall, { process, world }: RuntimeContext): Answer {
  return output(
    `* Thread 1 : id=${process.pid} act=1 glob=0 wq=1 rq=0 tl=0 tlsz=0 rqsz=0\n` +
      `      1/1    idle=${process.idlePercent}% sessions=${world.connectionCount}\n`,
  );
}

function showPools(_call: CommandCall, { process }: RuntimeContext): Answer {
  const { memoryBytes, memoryUsedBytes } = process;
  const figures = `${memoryBytes} bytes allocated, ${memoryUsedBytes} used`;
  return output(
    "Dumping the memory of the process, which has no pools.\n" +
      `Total: 0 pools, ${figures} (~0 by thread caches).\n`,
  );
}

const RESOLVER_COUNTERS = [
  "sent",
  "snd_error",
  "valid",
  "update",
  "cname",
  "cname_error",
  "any_err",
  "nx",
  "timeout",
  "refused",
  "other",
  "invalid",
  "too_big",
  "truncated",
  "outdated",
] as const;

/** The system's resolver is asked, and no name server by this process: all counters are 0. */
function showResolvers({ args }: CommandCall, { configuration }: RuntimeContext): Answer {
  const [id] = args;
  const { resolvers } = configuration;
  const shown = id === undefined ? resolvers : resolvers.filter(({ name }) => name === id);
  if (id !== undefined && shown.length === 0) return refuse("Can't find that resolvers section");
  const counters = RESOLVER_COUNTERS.map((name) => `  ${`${name}:`.padEnd(12)} 0\n`).join("");
  const pieces = shown.flatMap(({ name, nameservers }) => [
    `Resolvers section ${name}\n`,
    ...nameservers.map((server) => ` nameserver ${server.name}:\n${counters}`),
  ]);
  return { kind: "output", pieces };
}
