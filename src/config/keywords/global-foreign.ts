// Keywords of `global` that HAProxy has and that mean nothing here, or are not served.
import { TICKET_LIFETIME_S_MAX } from "../../limits.ts";
import type { GlobalDraft } from "../draft.ts";
import { ignored, refused, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import { parseSize, parseTime, valueProblem } from "../values.ts";

const GLOBAL = ["global"] as const;

/** `tune.*` settings that are kept in the model, in bytes or as plain numbers. */
const TUNES: readonly (readonly [string, string])[] = [
  ["tune.bufsize", "Bytes of a relay's buffer in each direction."],
  ["tune.maxaccept", "Connections accepted in one turn."],
  ["tune.peers.max-updates-at-once", "Stick table updates sent in one turn."],
  ["tune.rcvbuf.client", "Receive buffer towards clients."],
  ["tune.rcvbuf.server", "Receive buffer towards servers."],
  ["tune.sndbuf.client", "Send buffer towards clients."],
  ["tune.sndbuf.server", "Send buffer towards servers."],
  ["tune.ssl.cachesize", "Has no effect: sessions are kept in tickets, by the clients."],
];

const LIFETIME = "tune.ssl.lifetime";

function tune(name: string, summary: string): Keyword<GlobalDraft> {
  return served({
    name,
    sections: GLOBAL,
    grammar: "<number>",
    summary,
    parse: (line, draft) => {
      // `-1` takes a limit off, which is how things are without the line.
      if (line.takeIf("-1")) return;
      const value = parseSize(line.take() ?? "");
      if (!value.ok) line.alert(`'${name}' expects a positive integer argument.`);
      else if (line.expectEnd(name)) {
        draft.section.tune = { ...draft.section.tune, [name]: value.value };
      }
    },
  });
}

const NO_EFFECT: readonly string[] = [
  "busy-polling",
  "close-spread-time",
  "cluster-secret",
  "cpu-map",
  "cpu-policy",
  "cpu-set",
  "debug",
  "default-path",
  "expose-deprecated-directives",
  "expose-experimental-directives",
  "fd-hard-limit",
  "force-cfg-parser-pause",
  "h1-accept-payload-with-any-method",
  "h1-case-adjust",
  "h1-case-adjust-file",
  "h2-workaround-bogus-websocket-clients",
  "harden.reject-privileged-ports.tcp",
  "httpclient.resolvers.id",
  "httpclient.resolvers.prefer",
  "httpclient.ssl.ca-file",
  "httpclient.ssl.verify",
  "insecure-fork-wanted",
  "insecure-setuid-wanted",
  "limited-quic",
  "master-worker",
  "maxcompcpuusage",
  "maxcomprate",
  "maxpipes",
  "maxzlibmem",
  "mworker-max-reloads",
  "no-memory-trimming",
  "no-quic",
  "noepoll",
  "noevports",
  "nogetaddrinfo",
  "nokqueue",
  "nopoll",
  "noreuseport",
  "nosplice",
  "nbtgroups",
  "numa-cpu-mapping",
  "pp2-never-send-local",
  "prealloc-fd",
  "profiling.memory",
  "profiling.tasks",
  "quiet",
  "set-dumpable",
  "shm-stats-file",
  "stats-file",
  "strict-limits",
  "thread-group",
  "thread-groups",
  "thread-hard-limit",
  "unix-bind",
  "warn-blocked-traffic-after",
  "zero-warning",
];

/** All of them. `tune.*` beyond the list is accepted by the reader without a table entry. */
export const GLOBAL_FOREIGN_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  ...TUNES.map(([name, summary]) => tune(name, summary)),
  served({
    name: LIFETIME,
    sections: GLOBAL,
    grammar: "<time>",
    summary: "How long a TLS session may be resumed; seconds without unit, 2 h if not said.",
    parse: (line, draft) => {
      const word = line.take();
      if (word === undefined || word === "") {
        line.alert(`'${LIFETIME}' expects ssl sessions <lifetime> in seconds as argument.`);
        return;
      }
      const value = parseTime(word, "s");
      // Longer than any time here is longer than a ticket lives anyway.
      const isTime = value.ok || value.kind === "overflow";
      if (!isTime) line.alert(`${valueProblem(value, word, `'${LIFETIME}'`)}.`);
      else if (line.expectEnd(LIFETIME)) {
        const seconds = value.ok ? Math.ceil(value.value / 1_000) : Infinity;
        const lifetimeS = Math.min(seconds, TICKET_LIFETIME_S_MAX);
        draft.section.tune = { ...draft.section.tune, [LIFETIME]: lifetimeS };
      }
    },
  }),
  served({
    name: "nbproc",
    sections: GLOBAL,
    grammar: "<number>",
    summary: "Read with a warning; there is one process.",
    parse: (line) => {
      line.takeRest();
      line.warn("nbproc is not supported any more since HAProxy 2.5.", {
        word: 0,
        hint: "Remove the line: Tandem runs as one process.",
      });
    },
  }),
  ...ignored<GlobalDraft>(GLOBAL, "Has no effect.", NO_EFFECT),
  ...refused<GlobalDraft>(GLOBAL, "Tandem runs no scripts or programs for traffic.", [
    "external-check",
    "lua-load",
    "lua-load-per-thread",
    "lua-prepend-path",
    "set-var",
    "set-var-fmt",
    "deviceatlas-json-file",
    "wurfl-data-file",
    "51degrees-data-file",
  ]),
];
