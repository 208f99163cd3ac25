// The alert rules and the dashboard that go with the program name metrics that it has.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parseMetricsQuery } from "../../../src/metrics/query.ts";
import { renderMetrics } from "../../../src/metrics/render.ts";
import type { GroupStatus } from "../../../src/peers/group-status.ts";
import { findProgram, has, skipNote } from "../../support/programs.ts";
import { REPOSITORY_DIR } from "../../support/repository.ts";
import { contextOf } from "../runtime/dialogue.ts";
import { Bench } from "../session/bench.ts";
import { NODE } from "./node-sample.ts";

const RULES = path.join(REPOSITORY_DIR, "packaging", "prometheus", "tandem.rules.yml");
const DASHBOARD = path.join(REPOSITORY_DIR, "packaging", "grafana", "tandem.json");

const CONFIGURATION = `
listen relay
  bind 10.0.0.1:1883
  stick-table type ip size 1k
  server s 10.0.0.2:1883 check
`;

const PEERS: GroupStatus = {
  section: "pair",
  localName: "lb1",
  resync: { stage: "local", outcome: "none", teacher: undefined, last: undefined },
  peers: [],
};

/** Names of all families, those without a sample in this configuration included. */
function familyNames(): Set<string> {
  const bench = new Bench(CONFIGURATION);
  const table = {
    name: "t",
    lastUpdateId: 0,
    pushedId: 0,
    ackedId: 0,
    pendingCount: 0,
    unackedCount: 0,
    lagMs: 0,
    received: undefined,
  };
  const counters = {} as GroupStatus["peers"][number]["counters"];
  const peer: GroupStatus["peers"][number] = {
    name: "lb2",
    isLocal: false,
    state: "idle",
    isTandem: true,
    lastStatus: 0,
    silentMs: undefined,
    dialsInMs: undefined,
    isTeaching: false,
    counters,
    tables: [table],
    mismatches: new Map(),
  };
  const sources = {
    context: contextOf(bench, CONFIGURATION, [{ ...PEERS, peers: [peer] }]),
    fitness: () => ({ isFit: true, reasons: [] }),
    live: () => ({ ownCount: 0, entryCount: 0, goneCount: 0 }),
    node: NODE,
  };
  const text = [...renderMetrics(sources, parseMetricsQuery("/metrics")!, 0)].join("");
  return new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!));
}

/** Names in expressions; a name before a bracket of a regular expression is none. */
function namesIn(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/\b(?:haproxy|tandem)_[a-z_]+\b(?!\()/g)].map(([name]) => name);
}

describe("what comes for Prometheus and Grafana", () => {
  test("names only metrics that there are", () => {
    const families = familyNames();
    for (const file of [RULES, DASHBOARD]) {
      const names = namesIn(file).filter((name) => !name.endsWith("_"));
      expect(names.length).toBeGreaterThan(10);
      expect(names.filter((name) => !families.has(name))).toEqual([]);
    }
  });

  test("holds a dashboard whose panels have ids of their own and do not lie on each other", () => {
    const { panels } = JSON.parse(readFileSync(DASHBOARD, "utf8")) as {
      panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test.skipIf(!has("promtool"))(`holds rules that promtool takes${skipNote("promtool")}`, () => {
    const { status, stdout } = spawnSync(findProgram("promtool")!, ["check", "rules", RULES], {
      encoding: "utf8",
    });
    expect(status).toBe(0);
    expect(stdout).toContain("19 rules found");
  });
});
