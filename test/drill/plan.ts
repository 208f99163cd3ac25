// What a command line of `scripts/drill` asks for.
import path from "node:path";
import { parseArgs } from "node:util";
import { MQTT_PORT } from "../lab/configuration.ts";
import type { Kind } from "../lab/member.ts";
import { METRICS, type Metric, type Row } from "./row.ts";
import { ROWS } from "./rows.ts";

/** The text of `--help`. */
export const USAGE = `Usage: sudo scripts/drill [--runs N] [--only ROW,ROW] [--impl IMPL] [--devices N] [--out FOLDER]
       scripts/drill --on NODE,NODE --vip ADDRESS[:PORT] [...]
       sudo scripts/drill --chaos 10m [--seed N] [--devices N]

Breaks a pair of nodes in network namespaces of its own, each time a fresh one, and measures
from the client's side what each fault costs. Writes report.md, outage.svg and records.jsonl.

  --runs N        how often each row is run (3)
  --only ROWS     only these rows, separated by commas: see --list
  --impl IMPL     tandem (default), haproxy+keepalived, or both
  --devices N     devices that stay connected (50)
  --every MS      a newcomer so often (10)
  --patience N    wait N times as long for programs, answers and recovery: emulated machines (1)
  --out FOLDER    where the report goes (drill-TIME in this folder)
  --list          names the rows and their budgets

Real machines, over ssh; the clients run here. No root here, rows marked "lab" are left out:

  --on A,B        the nodes, as ssh calls them: lb1, admin@10.0.0.1
  --vip ADDRESS   the pair's address, with its port if that is not 1883
  --ssh-option=O  for ssh, as words: --ssh-option="-i key"; may be given several times
  --no-sudo       the user of ssh is root, or may do all of it
  --cut-ssh       take the link down also where ssh comes in by it; it is up again after 8 s
  --tandem CMD    what is "tandem" there (tandem)
  --start CMD, --stop CMD, --reload CMD     what does that to a node (systemctl ... tandem)

Random faults, one after the other, on one pair in namespaces; what must hold is looked at after
each of them and in the end:

  --chaos TIME    for so long: 90s, 10m, 2h
  --seed N        the same faults once more

Exit codes: 0 all budgets of Tandem (of what was run, without Tandem) are kept, 1 one is missed,
2 it could not be run.
`;

/** Machines that are reached over ssh. */
export interface RemotePlan extends Pick<Pace, "patience"> {
  readonly nodes: readonly [string, string];
  readonly vip: string;
  readonly port: number;
  readonly sshOptions: readonly string[];
  readonly hasSudo: boolean;
  /** A power cut may take the link that ssh needs. */
  readonly mayCutSsh: boolean;
  readonly tandem: string;
  readonly start: string;
  readonly stop: string;
  readonly reload: string;
}

/** How much clients do, and how slow all of it may be. */
export interface Pace {
  readonly devices: number;
  /** A newcomer so often, ms. */
  readonly everyMs: number;
  /** How many times as long as usual programs, answers and recovery are waited for; from 1. */
  readonly patience: number;
}

/** Random faults. */
export interface ChaosPlan {
  readonly lastingMs: number;
  readonly seed: number;
}

/** What is asked for. */
export interface Plan extends Pace {
  readonly rows: readonly Row[];
  readonly kinds: readonly Kind[];
  readonly runs: number;
  readonly out: string;
  readonly remote?: RemotePlan;
  readonly chaos?: ChaosPlan;
}

/** A command line that cannot be followed. */
export class UsageError extends Error {}

const IMPLS: Readonly<Record<string, readonly Kind[]>> = {
  tandem: ["tandem"],
  "haproxy+keepalived": ["haproxy+keepalived"],
  both: ["tandem", "haproxy+keepalived"],
};

const OPTIONS = {
  runs: { type: "string", default: "3" },
  only: { type: "string" },
  impl: { type: "string", default: "tandem" },
  devices: { type: "string", default: "50" },
  every: { type: "string", default: "10" },
  patience: { type: "string", default: "1" },
  out: { type: "string" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  on: { type: "string" },
  vip: { type: "string" },
  "ssh-option": { type: "string", multiple: true },
  "cut-ssh": { type: "boolean", default: false },
  "no-sudo": { type: "boolean", default: false },
  tandem: { type: "string", default: "tandem" },
  start: { type: "string", default: "systemctl start tandem" },
  stop: { type: "string", default: "systemctl stop tandem" },
  reload: { type: "string", default: "systemctl reload tandem" },
  chaos: { type: "string" },
  seed: { type: "string" },
} as const;

type Values = ReturnType<typeof parsed>;

function parsed(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS }).values;
}

/** What the words ask for, or a text to be printed instead. Throws `UsageError` and those of `parseArgs`. */
export function planOf(args: readonly string[], at: Date): Plan | string {
  const values = parsed(args);
  if (values.help) return USAGE;
  if (values.list) return listText();
  const kinds = IMPLS[values.impl];
  if (kinds === undefined) {
    fail(`found --impl ${values.impl}, expected tandem, haproxy+keepalived or both`);
  }
  const stamp = at.toISOString().replace(/[:.]/g, "-").slice(0, 19);
  const plan = {
    kinds,
    runs: numberIn("--runs", values.runs, 1, 1_000),
    devices: numberIn("--devices", values.devices, 1, 5_000),
    everyMs: numberIn("--every", values.every, 1, 1_000),
    patience: numberIn("--patience", values.patience, 1, 100),
    out: path.resolve(values.out ?? `drill-${stamp}`),
  };
  const rows = rowsNamed(values.only);
  if (values.chaos !== undefined) return { ...plan, rows, chaos: chaosOf(values, at) };
  if (values.on === undefined) return { ...plan, rows };
  if (values.impl !== "tandem") fail(`found --impl ${values.impl} beside --on, expected tandem`);
  const labOnly = values.only === undefined ? undefined : rows.find(({ isLabOnly }) => isLabOnly);
  if (labOnly !== undefined) fail(`row ${labOnly.id} needs namespaces: expected no --on`);
  return {
    ...plan,
    rows: rows.filter(({ isLabOnly }) => isLabOnly !== true),
    remote: { ...remoteOf(values), patience: plan.patience },
  };
}

function remoteOf(values: Values): Omit<RemotePlan, "patience"> {
  const nodes = (values.on ?? "").split(",").map((name) => name.trim());
  const [one, other] = nodes;
  if (nodes.length !== 2 || !one || !other || nodes.some((name) => name.startsWith("-"))) {
    fail(`found --on ${values.on ?? ""}, expected two names: --on lb1,lb2`);
  }
  const [, vip, port] = /^(\d+(?:\.\d+){3})(?::(\d{1,5}))?$/.exec(values.vip ?? "") ?? [];
  if (vip === undefined) {
    fail(`found --vip ${values.vip ?? "none"}, expected the address of the pair: 10.0.0.100:1883`);
  }
  return {
    nodes: [one, other],
    vip,
    port: port === undefined ? MQTT_PORT : numberIn("the port of --vip", port, 1, 65_535),
    sshOptions: (values["ssh-option"] ?? []).flatMap((words) => words.split(/\s+/).filter(Boolean)),
    hasSudo: !values["no-sudo"],
    mayCutSsh: values["cut-ssh"],
    tandem: values.tandem,
    start: values.start,
    stop: values.stop,
    reload: values.reload,
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function chaosOf(values: Values, at: Date): ChaosPlan {
  if (values.on !== undefined || values.only !== undefined || values.impl !== "tandem") {
    fail("found --chaos beside --on, --only or --impl: it is done to Tandem in namespaces alone");
  }
  const [, count, unit = ""] = /^(\d{1,6})([smh])$/.exec(values.chaos ?? "") ?? [];
  const lastingMs = Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  if (!(lastingMs > 0)) fail(`found --chaos ${values.chaos ?? ""}, expected a time: 90s, 10m, 2h`);
  const seed = values.seed ?? String(at.getTime() % 1_000_000);
  return { lastingMs, seed: numberIn("--seed", seed, 0, 2 ** 32 - 1) };
}

function rowsNamed(names: string | undefined): readonly Row[] {
  if (names === undefined) return ROWS;
  const ids = names.split(",").map((name) => name.trim());
  const unknown = ids.find((id) => !ROWS.some((row) => row.id === id));
  if (unknown !== undefined) {
    fail(`found row "${unknown}", expected some of ${ROWS.map(({ id }) => id).join(", ")}`);
  }
  return ROWS.filter(({ id }) => ids.includes(id));
}

function numberIn(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return fail(`found ${option} ${text}, expected a number from ${least} to ${most}`);
}

function listText(): string {
  return ROWS.map(({ id, title, budget, isLabOnly }) => {
    const bounds = (Object.entries(budget) as [Metric, number][]).map(([metric, most]) =>
      `${METRICS[metric].name} ≤ ${most} ${METRICS[metric].unit ?? ""}`.trim(),
    );
    const where = isLabOnly === true ? ", lab" : "";
    return `${id.padEnd(17)}${title} (${bounds.join(", ")}${where})\n`;
  }).join("");
}

function fail(text: string): never {
  throw new UsageError(text);
}
