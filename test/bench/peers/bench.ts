// `scripts/bench peers`: stick tables between two nodes, Tandem and the installed HAProxy by turns.
import { parseArgs } from "node:util";
import { describeMachine } from "../machine.ts";
import { freePort } from "../../support/ports.ts";
import { requireProgram } from "../../support/programs.ts";
import { compileLoad } from "../load.ts";
import { spread, type Spread, threeDigits } from "../statistics.ts";
import { type Figures, PEERS_MEASURES, type PeersMeasure, type PeersOptions } from "./measures.ts";
import type { NodeKind } from "./node.ts";

/** What `--help` prints. */
export const PEERS_USAGE = `Usage: scripts/bench peers [options]

Runs pairs of nodes that share a stick table, of HAProxy and of Tandem by turns, and prints medians
and the ratio Tandem/HAProxy. Nothing else should be running.

  teach    a node teaches another one its whole table, in all four pairs of programs
  live     new MQTT devices through a node: how far the peer is behind after the last one
  restart  from a restarted node's first answer to a client to its full table
  delay    new MQTT connections at both nodes while one learns, and without entries
  abuse    the same as live, with a peer that reads 1 KB/s and strangers that send nonsense

  --runs N        runs of each measure (default 3)
  --entries N     entries to teach (default 200000; the goal is stated for 1000000)
  --live N        new devices, and entries of a restarted node (default 50000)
  --resync N      entries that are learned while connections are timed (default 1000000)
  --only NAME     one of the measures
  --json          print one JSON document instead of the table
`;

interface BenchOptions extends PeersOptions {
  readonly runs: number;
  readonly only: string;
  readonly json: boolean;
}

type PairName = `${NodeKind} to ${NodeKind}`;

const SAME: readonly NodeKind[][] = [
  ["haproxy", "haproxy"],
  ["tandem", "tandem"],
];
const MIXED: readonly NodeKind[][] = [
  ["haproxy", "tandem"],
  ["tandem", "haproxy"],
];

/** One figure of each pair of programs. */
export interface PeersRow {
  readonly figure: string;
  readonly byPair: Readonly<Partial<Record<PairName, Spread>>>;
}

/** Reads the command line; `undefined` when the usage is to be printed. */
export function readPeersOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: "string", default: "3" },
      entries: { type: "string", default: "200000" },
      live: { type: "string", default: "50000" },
      resync: { type: "string", default: "1000000" },
      only: { type: "string", default: "" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const counts = [values.runs, values.entries, values.live, values.resync].map(Number);
  if (values.help || counts.some((count) => !Number.isInteger(count) || count < 1))
    return undefined;
  const isKnown = PEERS_MEASURES.some(({ name }) => name === values.only);
  if (values.only !== "" && !isKnown) return undefined;
  const [runs, entryCount, liveCount, resyncCount] = counts as [number, number, number, number];
  return { runs, entryCount, liveCount, resyncCount, only: values.only, json: values.json };
}

/** Runs the bench and prints what it found. */
export async function benchPeers(
  options: BenchOptions,
  onProgress: (text: string) => void,
): Promise<void> {
  requireProgram("haproxy");
  const machine = await describeMachine();
  const load = await compileLoad();
  const brokerPort = await freePort();
  await load.serve("broker", brokerPort);
  const rows: PeersRow[] = [];
  for (const measure of PEERS_MEASURES) {
    if (options.only !== "" && options.only !== measure.name) continue;
    rows.push(...(await runMeasure(measure, { load, brokerPort }, options, onProgress)));
  }
  onProgress("");
  if (options.json) {
    console.log(JSON.stringify({ machine, ...options, rows }, undefined, 2));
    return;
  }
  console.log(`${machine}\n${options.runs} runs of each, by turns; medians (least to most)\n`);
  console.log(printPeersTable(rows));
}

/** All runs of one measure, the pairs by turns. */
async function runMeasure(
  measure: PeersMeasure,
  stage: Parameters<PeersMeasure["run"]>[0],
  options: BenchOptions,
  onProgress: (text: string) => void,
): Promise<PeersRow[]> {
  const found = new Map<PairName, Figures[]>();
  const pairs = measure.isMixed ? [...SAME, ...MIXED] : SAME;
  for (let index = 0; index < options.runs; index += 1) {
    for (const [teacher, learner] of index % 2 === 0 ? pairs : pairs.toReversed()) {
      const name: PairName = `${teacher!} to ${learner!}`;
      onProgress(`${measure.name}, ${name}: run ${index + 1} of ${options.runs}`);
      const figures = await measure.run(stage, teacher!, learner!, options);
      found.set(name, [...(found.get(name) ?? []), figures]);
    }
  }
  const figureNames = Object.keys([...found.values()][0]![0]!);
  return figureNames.map((figure) => ({
    figure,
    byPair: Object.fromEntries(
      [...found].map(([name, runs]) => [name, spread(runs.map((run) => run[figure]!))]),
    ),
  }));
}

/** The rows as a Markdown table. */
export function printPeersTable(rows: readonly PeersRow[]): string {
  const names: readonly PairName[] = [
    "haproxy to haproxy",
    "tandem to tandem",
    "haproxy to tandem",
    "tandem to haproxy",
  ];
  const cell = (value: Spread | undefined): string =>
    value === undefined
      ? ""
      : `${threeDigits(value.median)} (${threeDigits(value.min)} to ${threeDigits(value.max)})`;
  const lines = rows.map(({ figure, byPair }) => {
    const [haproxy, tandem] = [byPair["haproxy to haproxy"], byPair["tandem to tandem"]];
    const ratio =
      haproxy === undefined || tandem === undefined || haproxy.median <= 0
        ? ""
        : (tandem.median / haproxy.median).toFixed(2);
    return `| ${[figure, ...names.map((name) => cell(byPair[name])), ratio].join(" | ")} |`;
  });
  const head = ["", "HAProxy", "Tandem", "HAProxy to Tandem", "Tandem to HAProxy", "ratio"];
  return [`| ${head.join(" | ")} |`, "| --- | ---: | ---: | ---: | ---: | ---: |", ...lines].join(
    "\n",
  );
}
