// The flags of the `keepalived` command, as keepalived(8) and `keepalived --help` list them.
import type { AgentOptions } from "../ha/agent-options.ts";
import { readOptions, type FoundOption, type OptionSpec } from "./getopt.ts";

/** What the user wants of the `keepalived` command. */
export type KeepalivedCommand =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "signal"; readonly name: string }
  /** Words that are not understood: the problem in the original's words. */
  | { readonly kind: "problem"; readonly message: string }
  | ({ readonly kind: "check"; readonly logFile?: string } & Common)
  | ({
      readonly kind: "run";
      readonly isForeground: boolean;
      readonly options: AgentOptions;
    } & Common);

interface Common {
  readonly file: string;
  readonly configId?: string;
  /** `-e`: a missing file is an error. */
  readonly needsFile: boolean;
  /** Told to the user once: words, and flags that change nothing here. */
  readonly remarks: readonly string[];
}

/** Where the original looks without `-f`. */
export const DEFAULT_FILE = "/etc/keepalived/keepalived.conf";

/** Flags and what they would do, for those that change nothing here. */
const IGNORED: Readonly<Record<string, string>> = {
  no_bfd: "there is no BFD process",
  all: "processes without configuration are not started",
  "dont-release-ipvs": "there is no IPVS",
  checkers_pid: "there is no checker process",
  bfd_pid: "there is no BFD process",
  snmp: "there is no SNMP",
  "snmp-agent-socket": "there is no SNMP",
  "release-vips": "addresses are always dropped when the agent is stopped, unless -V is given",
  "dont-respawn": "the guard restarts within its budget ('#tandem restart-budget')",
  "dump-conf": "'tandem check -k' prints what a file means",
  "core-dump": "use ulimit -c",
  "core-dump-pattern": "use ulimit -c and sysctl kernel.core_pattern",
};

const SPECS: readonly OptionSpec[] = [
  { letter: "f", name: "use-file", value: "required" },
  { letter: "P", name: "vrrp", value: "none" },
  { letter: "C", name: "check", value: "none" },
  { letter: "B", name: "no_bfd", value: "none" },
  { name: "all", value: "none" },
  { letter: "l", name: "log-console", value: "none" },
  { letter: "D", name: "log-detail", value: "none" },
  { letter: "S", name: "log-facility", value: "required" },
  { letter: "g", name: "log-file", value: "optional" },
  { letter: "G", name: "no-syslog", value: "none" },
  { letter: "u", name: "umask", value: "required" },
  { letter: "X", name: "release-vips", value: "none" },
  { letter: "V", name: "dont-release-vrrp", value: "none" },
  { letter: "I", name: "dont-release-ipvs", value: "none" },
  { letter: "R", name: "dont-respawn", value: "none" },
  { letter: "n", name: "dont-fork", value: "none" },
  { letter: "d", name: "dump-conf", value: "none" },
  { letter: "p", name: "pid", value: "required" },
  { letter: "r", name: "vrrp_pid", value: "required" },
  { letter: "T", name: "genhash", value: "none" },
  { letter: "c", name: "checkers_pid", value: "required" },
  { letter: "a", name: "address-monitoring", value: "none" },
  { letter: "b", name: "bfd_pid", value: "required" },
  { letter: "x", name: "snmp", value: "none" },
  { letter: "A", name: "snmp-agent-socket", value: "required" },
  { letter: "s", name: "namespace", value: "required" },
  { letter: "m", name: "core-dump", value: "none" },
  { letter: "M", name: "core-dump-pattern", value: "optional" },
  { letter: "e", name: "all-config", value: "none" },
  { letter: "i", name: "config-id", value: "required" },
  { name: "signum", value: "required" },
  { letter: "t", name: "config-test", value: "optional" },
  { letter: "v", name: "version", value: "none" },
  { letter: "h", name: "help", value: "none" },
];

/** syslog facility numbers (RFC 5424 §6.2.1) by the names of `-S`; a digit means that local one. */
const FACILITIES: Readonly<Record<string, number>> = {
  user: 1,
  daemon: 3,
  ...Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`local${n}`, 16 + n])),
  ...Object.fromEntries(Array.from({ length: 8 }, (_, n) => [String(n), 16 + n])),
};

/** Understands the words after `keepalived`; never throws. */
export function parseKeepalivedArguments(words: readonly string[]): KeepalivedCommand {
  const read = readOptions(words, SPECS);
  if (!read.ok) {
    const what = read.kind === "unknown" ? "Unknown option" : "Missing parameter for option";
    return { kind: "problem", message: `${what} ${read.option}` };
  }
  const { options, others } = read;
  // As with the original the first of these decides, whatever stands behind it.
  for (const { name, value = "" } of options) {
    if (name === "help" || name === "version") return { kind: name };
    if (name === "signum") return { kind: "signal", name: value };
    if (name === "genhash") {
      return { kind: "problem", message: "genhash is not part of this program" };
    }
  }
  return conclude(new Flags(options), others);
}

/** Options by name; the last mention counts. */
class Flags {
  readonly #values: ReadonlyMap<string, string | undefined>;

  constructor(options: readonly FoundOption[]) {
    this.#values = new Map(options.map(({ name, value }) => [name, value]));
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  value(name: string): string | undefined {
    return this.#values.get(name);
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }
}

function conclude(flags: Flags, others: readonly string[]): KeepalivedCommand {
  const facility = flags.value("log-facility");
  const umask = parseMask(flags.value("umask"));
  const remarks = [
    ...(others.length === 0 ? [] : [`Unexpected argument(s): ${others.join(" ")}`]),
    ...(facility === undefined || FACILITIES[facility] !== undefined
      ? []
      : [`Invalid log facility '${facility}'`]),
    ...(umask === "invalid" ? [`Invalid --umask option ${flags.value("umask") ?? ""}`] : []),
  ];
  const configId = flags.value("config-id");
  const common: Common = {
    file: flags.value("use-file") ?? DEFAULT_FILE,
    ...(configId === undefined ? {} : { configId }),
    needsFile: flags.has("all-config"),
    remarks,
  };
  if (flags.has("config-test")) {
    const logFile = flags.value("config-test");
    return { kind: "check", ...common, ...(logFile === undefined ? {} : { logFile }) };
  }
  if (flags.has("check") && !flags.has("vrrp")) {
    const message = "-C asks for the LVS health checker alone, which is not part of this program";
    return { kind: "problem", message };
  }
  return {
    kind: "run",
    ...common,
    remarks: [...remarks, ...ignoredRemarks(flags)],
    isForeground: flags.has("dont-fork"),
    options: agentOptions(flags, common, umask),
  };
}

function ignoredRemarks(flags: Flags): readonly string[] {
  return flags
    .names()
    .filter((name) => IGNORED[name] !== undefined)
    .map((name) => `--${name} has no effect: ${IGNORED[name]!}`);
}

function agentOptions(
  flags: Flags,
  common: Common,
  umask: number | "invalid" | undefined,
): AgentOptions {
  const given = {
    configId: common.configId,
    logFile: flags.has("log-file") ? (flags.value("log-file") ?? "/tmp/keepalived.log") : undefined,
    syslogFacility: FACILITIES[flags.value("log-facility") ?? ""],
    pidfile: flags.value("pid"),
    vrrpPidfile: flags.value("vrrp_pid"),
    namespace: flags.value("namespace"),
    umask: umask === "invalid" ? undefined : umask,
  };
  return {
    file: common.file,
    logs: flags.has("log-console") ? "console" : flags.has("no-syslog") ? "none" : "syslog",
    logDetail: flags.has("log-detail"),
    keepsVips: flags.has("dont-release-vrrp"),
    releasesVips: flags.has("release-vips"),
    dontRespawn: flags.has("dont-respawn"),
    dumpsConfiguration: flags.has("dump-conf"),
    logsAddresses: flags.has("address-monitoring"),
    ...present(given),
  };
}

type Given = Pick<
  AgentOptions,
  "configId" | "logFile" | "syslogFacility" | "pidfile" | "vrrpPidfile" | "umask" | "namespace"
>;

function present(values: { readonly [K in keyof Given]: Given[K] | undefined }): Given {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Octal with a leading 0, hexadecimal with 0x, else decimal: as strtoul(3) with base 0. */
function parseMask(text: string | undefined): number | "invalid" | undefined {
  if (text === undefined) return undefined;
  const octal = /^0[0-7]*$/.test(text);
  if (!octal && !/^(?:0x[0-9a-f]+|[1-9]\d*)$/i.test(text)) return "invalid";
  const mask = octal ? parseInt(text, 8) : Number(text);
  return mask <= 0o777 ? mask : "invalid";
}
