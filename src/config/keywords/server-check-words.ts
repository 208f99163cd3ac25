// The words of `server` lines about health checks and agents (haproxy configuration §5.2).
import { parseAddressWord } from "../address.ts";
import type { Server } from "../model/server.ts";
import type { ServerDraft } from "../server-draft.ts";
import { flagWord, ignoredServerWord, naturalWord, textWord, timeWord } from "./server-word.ts";
import type { Fail, ServerWordEntry } from "./server-word.ts";
import { parseAlpn } from "./tls.ts";
import { parseTrack } from "./track.ts";

const ON_ERROR = ["fastinter", "fail-check", "sudden-death", "mark-down"] as const;
const INIT_STATES = ["up", "down", "fully-up", "fully-down"] as const;

/** The words about checks. */
export const CHECK_WORDS: readonly ServerWordEntry[] = [
  textWord("addr", "<addr>", "Address to check.", (s, value, fail) => {
    const host = numericHost("addr", value, fail);
    if (host !== undefined) s.checkHost = host;
  }),
  textWord("agent-addr", "<addr>", "Address of the agent.", (s, value, fail) => {
    const host = numericHost("agent-addr", value, fail);
    if (host !== undefined) s.agentHost = host;
  }),
  flagWord("agent-check", "Asks an agent; needs `agent-port`.", (s) => (s.agentCheck = true)),
  flagWord("no-agent-check", "Undoes `agent-check`.", (s) => (s.agentCheck = false)),
  timeWord("agent-inter", "Interval of the agent.", (s, v) => (s.agentIntervalMs = v), {
    min: 1,
    default: "2s",
  }),
  portWord("agent-port", "Port of the agent.", (s, v) => (s.agentPort = v)),
  textWord("agent-send", "<string>", "What the agent is sent.", (s, v) => (s.agentSend = v)),
  flagWord("check", "Checks the server's health.", (s) => (s.check = true)),
  flagWord("no-check", "Undoes `check`.", (s) => (s.check = false)),
  textWord("check-alpn", "<protocols>", "Protocols of TLS checks.", (s, v) => {
    s.checkAlpn = parseAlpn(v);
  }),
  ignoredServerWord("check-proto", true, "Has no effect."),
  flagWord("check-send-proxy", "Checks start with a header.", (s) => (s.checkSendProxy = true)),
  flagWord("no-check-send-proxy", "Undoes `check-send-proxy`.", (s) => (s.checkSendProxy = false)),
  textWord("check-sni", "<name>", "Server name of TLS checks.", (s, v) => (s.checkSni = v)),
  flagWord("check-ssl", "Checks over TLS.", (s) => (s.checkTls = true)),
  flagWord("no-check-ssl", "Checks without TLS.", (s) => (s.checkTls = false)),
  timeWord("inter", "Interval of checks.", (s, v) => (s.intervalMs = v), {
    min: 1,
    default: "2s",
  }),
  timeWord("fastinter", "Interval while changing state.", (s, v) => (s.fastIntervalMs = v), {
    min: 1,
    default: "inter",
  }),
  timeWord("downinter", "Interval while down.", (s, v) => (s.downIntervalMs = v), {
    min: 1,
    default: "inter",
  }),
  naturalWord("rise", "Good checks to come up.", (s, v) => (s.rise = v), { min: 1, default: "2" }),
  naturalWord("fall", "Bad checks to go down.", (s, v) => (s.fall = v), { min: 1, default: "3" }),
  portWord("port", "Port to check.", (s, v) => (s.checkPort = v)),
  textWord(
    "init-state",
    "{ up | down | fully-up | fully-down }",
    "State at start.",
    (s, v, fail) => {
      const state = INIT_STATES.find((name) => name === v);
      if (state !== undefined) s.initState = state;
      else {
        fail(
          "'init-state' expects one of 'fully-up', 'up', 'down', or 'fully-down' " +
            `but got '${v}'`,
        );
      }
    },
  ),
  textWord("track", "[<backend>/]<server>", "Follows another server's state.", (s, v) => {
    s.track = parseTrack(v);
  }),
  textWord("observe", "layer4", "Counts failed connections as failed checks.", readObserve),
  naturalWord(
    "error-limit",
    "Errors that `observe` takes.",
    (s, v, fail) => {
      if (v > 0) s.errorLimit = v;
      else fail("error-limit has to be > 0.");
    },
    { default: "10" },
  ),
  textWord("on-error", `{ ${ON_ERROR.join(" | ")} }`, "What `observe` does.", readOnError),
  textWord("on-marked-down", "shutdown-sessions", "What going down does.", (s, v, fail) => {
    if (v === "shutdown-sessions") s.onMarkedDown = v;
    else fail(`'on-marked-down' expects 'shutdown-sessions' but got '${v}'`);
  }),
  textWord("on-marked-up", "shutdown-backup-sessions", "What coming up does.", (s, v, fail) => {
    if (v === "shutdown-backup-sessions") s.onMarkedUp = v;
    else fail(`'on-marked-up' expects 'shutdown-backup-sessions' but got '${v}'`);
  }),
];

function readObserve(server: ServerDraft, value: string, fail: Fail): void {
  if (value === "layer4") server.observe = value;
  else if (value === "none") delete server.observe;
  else if (value === "layer7") fail("'layer7' can only be used in http proxies.");
  else fail(`'observe' expects one of 'none', 'layer4', 'layer7' but got '${value}'`);
}

function readOnError(server: ServerDraft, value: string, fail: Fail): void {
  const found: Server["onError"] | undefined = ON_ERROR.find((name) => name === value);
  if (found !== undefined) server.onError = found;
  else {
    fail(
      "'on-error' expects one of 'fastinter', 'fail-check', 'sudden-death' or 'mark-down' " +
        `but got '${value}'`,
    );
  }
}

function portWord(
  name: string,
  summary: string,
  set: (server: ServerDraft, value: number) => void,
): ServerWordEntry {
  return naturalWord(name, summary, (server, value, fail) => {
    if (value <= 65_535) set(server, value);
    else fail(`'${name}' expects a port between 0 and 65535 (got ${value})`);
  });
}

function numericHost(name: string, value: string, fail: Fail): string | undefined {
  const address = parseAddressWord(
    value.replace(/^(?!\[)([0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*)$/i, "[$1]"),
  );
  if (address.kind === "ip" && address.port.kind === "absent") return address.host;
  fail(`'${name}' : invalid address: '${value}' in '${value}'`);
  return undefined;
}
