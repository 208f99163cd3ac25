// What a person sees, from fixed reports, word for word. UPDATE_GOLDEN=1 rewrites the expectations;
// review the difference.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { exitCodeOf, statusDocument } from "../../../../cli/status/document.ts";
import type { NodeFacts } from "../../../../cli/status/facts.ts";
import { paint } from "../../../../cli/status/line.ts";
import { statusScreen } from "../../../../cli/status/screen.ts";
import {
  agent,
  balancer,
  child,
  facts,
  guard,
  peer,
  peers,
  router,
  server,
} from "./sample-node.ts";

const FOLDER = new URL("../../../golden/status/", import.meta.url);
const HOSTILE = 'b\u001b[2J\u202e\n"中\u{1f600}';

function screen(of: NodeFacts, width = 80, isWhole = false, hasColours = false): string {
  return paint(statusScreen(statusDocument(of), { width, isWhole }), width, hasColours);
}

/** Everything that can be wrong at once. */
function trouble(): NodeFacts {
  const mismatch =
    'the key type differs: "string len 64" here, "ip" there, so that the peer drops every entry';
  return facts({
    guard: guard({
      balancer: child({
        pid: 4790,
        runCount: 3,
        readyForMs: 42_000,
        lastCause: "it was silent for 301 ms",
      }),
    }),
    agent: agent({
      instances: [
        router({
          isHeld: false,
          priority: 90,
          heard: [{ address: "10.98.0.2", priority: 80, state: "MASTER", path: "vrrp", agoMs: 90 }],
          droppedCount: 3,
        }),
        router({
          name: "a-name-that-is-much-longer-than-anybody-would-ever-think-of-giving-to-it",
          state: "FAULT",
          isHeld: false,
          faults: ["interface eth1 is down"],
          vips: ["fd00::1/64", "fd00::2/64", "fd00::3/64", "fd00::4/64", "fd00::5/64"],
          heard: [],
        }),
      ],
      heartbeats: [
        { local: "192.168.5.1:3780", peer: "192.168.5.2:3780", isAlive: false, silentMs: 4_250 },
      ],
    }),
    balancer: balancer({
      fitness: { isFit: false, reasons: ["listener [::]:8883 of frontend tls is not open"] },
      refused: [
        { frontend: "mqtt", reason: "keepalive", count: 3 },
        { frontend: "mqtt", reason: "client-rate", count: 12_034 },
        { frontend: HOSTILE, reason: "ban", count: 1 },
      ],
      backends: [
        {
          name: "brokers",
          sessionCount: 10_000,
          queueCount: 7,
          usableCount: 1,
          servers: [
            server({
              packets: [
                { type: "connect", toServer: 20, toClient: 0 },
                { type: "publish", toServer: 1_400, toClient: 3_000 },
              ],
            }),
            server({
              name: HOSTILE,
              state: "down",
              status: "DOWN",
              stateForMs: 190_000,
              check: { code: "L4CON", text: `refused ${HOSTILE}`, tookMs: 0 },
            }),
            server({
              name: "broker3",
              state: "drain",
              status: "DRAIN",
              queueCount: 3,
              check: null,
            }),
          ],
        },
      ],
      tables: [
        {
          name: "brokers",
          type: "string",
          keyBytesMax: 64,
          entryCount: 102_400,
          entriesMax: 102_400,
          peers: "pair",
        },
      ],
      peers: [
        peers({
          resync: { stage: "finished", outcome: "partial", teacher: null, last: null },
          peers: [
            peer({
              mismatches: [{ table: "brokers", text: mismatch }],
              tables: [
                {
                  name: "sources",
                  pendingCount: 200,
                  unackedCount: 12,
                  lagMs: 3_200,
                  receivedCount: null,
                },
              ],
            }),
            peer({ name: "lb3", state: "idle", dialsInMs: 2_400, lastStatus: 503, tables: [] }),
          ],
        }),
      ],
    }),
  });
}

/** 200 brokers, of which 30 are down. */
function many(): NodeFacts {
  const servers = Array.from({ length: 200 }, (_, at) =>
    server({
      name: `broker-${String(at).padStart(3, "0")}`,
      ...(at % 7 === 3 ? { state: "down", status: "DOWN", weight: 0 } : {}),
    }),
  );
  return facts({
    guard: null,
    agent: null,
    balancer: balancer({
      backends: [{ name: "brokers", sessionCount: 1, queueCount: 0, usableCount: 170, servers }],
    }),
  });
}

const NODES: Readonly<Record<string, () => NodeFacts>> = {
  well: () => facts({}),
  backup: () =>
    facts({
      agent: agent({
        instances: [
          router({
            state: "BACKUP",
            isHeld: false,
            priority: 100,
            basePriority: 100,
            heard: [
              { address: "10.98.0.2", priority: 150, state: "MASTER", path: "vrrp", agoMs: 40 },
            ],
          }),
        ],
      }),
    }),
  trouble,
  many,
  "agent-alone": () => facts({ guard: guard({ balancer: null }), balancer: null }),
  nobody: () => facts({ guard: null, agent: null, balancer: null }),
};

describe("statusScreen()", () => {
  test.each(Object.keys(NODES))("%s: as in the golden file", (name) => {
    const file = new URL(`${name}.txt`, FOLDER);
    const actual = screen(NODES[name]!());
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, actual);
    expect(existsSync(file)).toBe(true);
    expect(actual).toBe(readFileSync(file, "utf8"));
  });

  test.each([40, 60, 80, 132])(
    "no line is wider than %i columns, and none holds a control",
    (width) => {
      for (const [name, node] of Object.entries(NODES)) {
        for (const isWhole of [false, true]) {
          for (const line of screen(node(), width, isWhole).split("\n")) {
            expect(line.length, `${name}: ${line}`).toBeLessThanOrEqual(width);
            expect(line, name).toMatch(/^[\x20-\x7e…]*$/);
          }
        }
      }
    },
  );

  test("colours change nothing but colours, and hostile texts bring none", () => {
    const plain = screen(trouble());
    const coloured = screen(trouble(), 80, false, true);
    expect(coloured).toContain("\u001b[");
    const stripped = stripVTControlCharacters(coloured)
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n");
    expect(stripped).toBe(plain);
    expect(stripped).toMatch(/^[\x20-\x7e…\n]*$/);
  });

  test("both values of a definition that is dropped are there, uncut", () => {
    const text = screen(trouble()).replace(/\n +/g, " ");
    expect(text).toContain('"string len 64" here, "ip" there');
  });

  test("--all shows every broker", () => {
    const shown = (isWhole: boolean): number =>
      screen(many(), 80, isWhole).match(/^ {2}brokers {2}broker-/gm)!.length;
    expect(shown(false)).toBe(8);
    expect(shown(true)).toBe(200);
  });
});

describe("exit codes", () => {
  test.each([
    ["well", 0],
    ["backup", 0],
    ["agent-alone", 0],
    ["trouble", 1],
    ["many", 1],
    ["nobody", 2],
  ])("%s: %i", (name, code) => {
    expect(exitCodeOf(statusDocument(NODES[name]!()))).toBe(code);
  });
});
