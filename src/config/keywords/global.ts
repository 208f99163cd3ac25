// Keywords of `global` (haproxy configuration §3).
import { TICKLE_RATE_MAX } from "../../base/life.ts";
import { RELAY_THREADS_MAX, TICKLE_RATE_DEFAULT } from "../../limits.ts";
import type { GlobalDraft } from "../draft.ts";
import { served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { GlobalSection } from "../model/global.ts";
import { ENVIRONMENT_KEYWORDS } from "./global-environment.ts";
import { GLOBAL_FOREIGN_KEYWORDS } from "./global-foreign.ts";
import { GLOBAL_STATS_KEYWORDS } from "./global-stats.ts";
import { GLOBAL_TLS_KEYWORDS } from "./global-tls.ts";
import { takeLogTarget } from "./log-target.ts";

const GLOBAL = ["global"] as const;

type KeysOf<T> = {
  [K in keyof GlobalSection]-?: GlobalSection[K] extends T ? K : never;
}[keyof GlobalSection];
type NumberField = KeysOf<number | undefined>;
type TextField = Exclude<
  KeysOf<string | number | undefined>,
  NumberField | "balancerProbe" | "mover"
>;

function numberKeyword(
  name: string,
  field: NumberField,
  summary: string,
  max = Number.MAX_SAFE_INTEGER,
  extra: { readonly ours?: true; readonly default?: string } = {},
): Keyword<GlobalDraft> {
  return served({
    name,
    sections: GLOBAL,
    grammar: "<number>",
    summary,
    ...extra,
    parse: (line, draft) => {
      const message =
        name === "spread-checks"
          ? "'spread-checks' needs a positive value in range 0..50."
          : max === Number.MAX_SAFE_INTEGER
            ? `'${name}' expects an integer argument.`
            : `'${name}' expects a whole number in range 0..${max}.`;
      const value = line.takeNatural(message, 0, max);
      if (value !== undefined && line.expectEnd(name)) draft.section[field] = value;
    },
  });
}

function timeKeyword(
  name: string,
  field: NumberField,
  summary: string,
  extra: { readonly ours?: true; readonly default?: string } = {},
): Keyword<GlobalDraft> {
  return served({
    name,
    sections: GLOBAL,
    grammar: "<time>",
    summary,
    ...extra,
    parse: (line, draft) => {
      const missing = `'${name}' expects a time as argument.`;
      const value = line.takeTime(`argument to <${name}>.`, missing);
      if (value !== undefined && line.expectEnd(name)) draft.section[field] = value;
    },
  });
}

function textKeyword(
  name: string,
  field: TextField,
  grammar: string,
  summary: string,
  missing: string,
  ours?: true,
): Keyword<GlobalDraft> {
  return served({
    name,
    sections: GLOBAL,
    grammar,
    summary,
    ...(ours === undefined ? {} : { ours }),
    parse: (line, draft) => {
      const value = line.takeWord(missing);
      if (value !== undefined && line.expectEnd(name)) draft.section[field] = value;
    },
  });
}

function parseLog(line: Line, draft: GlobalDraft, negated: boolean): void {
  if (negated) {
    if (line.expectEnd("no log")) draft.section.logs = [];
  } else if (line.words[1] === "global") {
    line.alert("log : 'global' is not supported for a global syslog server");
  } else {
    const target = takeLogTarget(line);
    if (target !== undefined) draft.section.logs = [...draft.section.logs, target];
  }
}

const BALANCER_PROBES: readonly GlobalSection["balancerProbe"][] = ["tcp", "mqtt", "off"];

/** balancer-probe tcp|mqtt|off */
function parseBalancerProbe(line: Line, draft: GlobalDraft): void {
  const word = line.take() ?? "";
  const probe = BALANCER_PROBES.find((each) => each === word);
  if (probe === undefined) {
    const found = word === "" ? "nothing" : `'${word}'`;
    const hint = line.didYouMean(word, BALANCER_PROBES);
    line.alert(`'balancer-probe' expects 'tcp', 'mqtt' or 'off', found ${found}${hint || "."}`);
  } else if (line.expectEnd("balancer-probe")) draft.section.balancerProbe = probe;
}

const MOVERS: readonly GlobalSection["mover"][] = ["auto", "native", "node"];

/** mover auto|native|node */
function parseMover(line: Line, draft: GlobalDraft): void {
  const word = line.take() ?? "";
  const mover = MOVERS.find((each) => each === word);
  if (mover === undefined) {
    const found = word === "" ? "nothing" : `'${word}'`;
    const hint = line.didYouMean(word, MOVERS);
    line.alert(`'mover' expects 'auto', 'native' or 'node', found ${found}${hint || "."}`);
  } else if (line.expectEnd("mover")) draft.section.mover = mover;
}

/** uid <number>, gid <number> */
function numericOwner(name: "uid" | "gid", field: "user" | "group"): Keyword<GlobalDraft> {
  return served({
    name,
    sections: GLOBAL,
    grammar: "<number>",
    summary: `The ${field} to run as, by number.`,
    parse: (line, draft) => {
      const word = line.take() ?? "";
      if (/^\d{1,10}$/.test(word)) draft.section[field] = Number(word);
      else {
        line.alert(`${name}: string '${word}' is not a number.`, {
          hint: `You might want to use the '${field}' parameter to use a system ${field} name.`,
        });
      }
    },
  });
}

const PROCESS: readonly Keyword<GlobalDraft>[] = [
  served({
    name: "daemon",
    sections: GLOBAL,
    grammar: "",
    summary: "Goes to the background; `-db` undoes it.",
    parse: (line, draft) => {
      if (line.expectEnd("daemon")) draft.section.daemon = true;
    },
  }),
  served({
    name: "nbthread",
    sections: GLOBAL,
    grammar: "<number>",
    summary: "Threads over which the native mover spreads relays. One decides, whatever this says.",
    default: "1",
    parse: (line, draft) => {
      const message = `'nbthread' value must be between 1 and ${RELAY_THREADS_MAX}.`;
      const value = line.takeNatural(message, 1, RELAY_THREADS_MAX);
      if (value !== undefined && line.expectEnd("nbthread")) draft.section.nbthread = value;
    },
  }),
  numberKeyword("maxconn", "maxconn", "Connections of the process at once."),
  numberKeyword("maxconnrate", "maxconnrate", "Connections accepted in a second."),
  numberKeyword("maxsessrate", "maxsessrate", "Sessions begun in a second."),
  numberKeyword("ulimit-n", "ulimitN", "File descriptors."),
  numberKeyword("spread-checks", "spreadChecks", "Spreads checks by up to this percentage.", 50),
  timeKeyword("max-spread-checks", "maxSpreadChecksMs", "Longest spread of the first checks."),
  timeKeyword("hard-stop-after", "hardStopAfterMs", "Longest soft stop."),
  timeKeyword("grace", "graceMs", "Time between a soft stop's signal and its start."),
  textKeyword(
    "pidfile",
    "pidfile",
    "<pidfile>",
    "Where the process number goes.",
    "'pidfile' expects a file name as an argument.",
  ),
  textKeyword(
    "chroot",
    "chroot",
    "<jail dir>",
    "Directory to be locked into.",
    "'chroot' expects a directory as an argument.",
  ),
  textKeyword("user", "user", "<user name>", "The user to run as.", "'user' expects a user name."),
  textKeyword(
    "group",
    "group",
    "<group name>",
    "The group to run as.",
    "'group' expects a group name.",
  ),
  numericOwner("uid", "user"),
  numericOwner("gid", "group"),
  textKeyword(
    "localpeer",
    "localpeer",
    "<name>",
    "This node's name among peers.",
    "'localpeer' expects a name as an argument.",
  ),
  textKeyword(
    "log-tag",
    "logTag",
    "<string>",
    "The program name in log lines.",
    "'log-tag' expects a tag for use in syslog.",
  ),
  textKeyword(
    "server-state-file",
    "serverStateFile",
    "<file>",
    "Servers' states of the last run.",
    "'server-state-file' expects one argument: a file path.",
  ),
  textKeyword(
    "server-state-base",
    "serverStateBase",
    "<directory>",
    "Where such files are.",
    "'server-state-base' expects one argument: a directory path.",
  ),
  textKeyword(
    "table-directory",
    "tableDirectory",
    "<directory>",
    "Where stick tables are kept over a restart.",
    "'table-directory' expects one argument: a directory path.",
    true,
  ),
  timeKeyword("table-save-interval", "tableSaveIntervalMs", "How often they are written.", {
    ours: true,
    default: "60s",
  }),
  served({
    name: "balancer-probe",
    sections: GLOBAL,
    grammar: "tcp|mqtt|off",
    summary:
      "How a balancer under a guard probes its own listeners once a second: by a bare connection " +
      "to each, which is neither counted nor logged; by an MQTT client through the first of port " +
      "1883, else the first of all; or not at all.",
    default: "tcp",
    ours: true,
    parse: parseBalancerProbe,
  }),
  served({
    name: "mover",
    sections: GLOBAL,
    grammar: "auto|native|node",
    summary:
      "What moves the bytes of connections: the native part, which scripts/build-native builds, or " +
      "Node's own sockets, which cost about twice as much. `auto` takes the native part and " +
      "warns where it cannot be loaded; `native` refuses to start there. Connections with TLS are always Node's. A reload " +
      "changes it for listeners and connections that are opened from then on.",
    default: "auto",
    ours: true,
    parse: parseMover,
  }),
  numberKeyword(
    "tickle-rate",
    "tickleRate",
    "After a takeover, how many idle clients of the lost node are woken a second so that they " +
      "reconnect at once; 0 wakes none.",
    TICKLE_RATE_MAX,
    { ours: true, default: String(TICKLE_RATE_DEFAULT) },
  ),
  timeKeyword(
    "gone-address-grace",
    "goneAddressGraceMs",
    "When the agent gives a virtual address up, how long the sessions at it wait for its return before " +
      "they are ended; 0: until their own timeouts.",
    { ours: true, default: "10s" },
  ),
];

const NAMES: readonly Keyword<GlobalDraft>[] = [
  served({
    name: "node",
    sections: GLOBAL,
    grammar: "<name>",
    summary: "This node's name in statistics.",
    parse: (line, draft) => {
      const name = line.take() ?? "";
      if (/^[A-Za-z0-9._-]+$/.test(name)) draft.section.node = name;
      else {
        line.alert(
          "'node' requires valid node name - non-empty string with digits(0-9), " +
            "letters(A-Z, a-z), dot(.), hyphen(-) or underscode(_).",
        );
      }
    },
  }),
  served({
    name: "description",
    sections: GLOBAL,
    grammar: "<text>",
    summary: "A text for people.",
    parse: (line, draft) => {
      const text = line.takeRest().join(" ");
      if (text === "") line.alert("'description' expects a string argument.");
      else draft.section.description = text;
    },
  }),
  served({
    name: "log",
    sections: GLOBAL,
    grammar:
      "<target> [len <length>] [format <format>] [sample <ranges>:<size>] <facility> " +
      "[<level> [<minlevel>]]",
    summary: "A log target, used by `log global`.",
    negatable: true,
    parse: parseLog,
  }),
  served({
    name: "log-send-hostname",
    sections: GLOBAL,
    grammar: "[<string>]",
    summary: "Puts a host name into log lines.",
    parse: (line, draft) => {
      draft.section.logSendHostname = line.take() ?? true;
    },
  }),
];

/** All of them. */
export const GLOBAL_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  ...PROCESS,
  ...NAMES,
  ...GLOBAL_STATS_KEYWORDS,
  ...GLOBAL_TLS_KEYWORDS,
  ...ENVIRONMENT_KEYWORDS,
  ...GLOBAL_FOREIGN_KEYWORDS,
];
