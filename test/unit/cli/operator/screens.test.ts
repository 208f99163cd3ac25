import { describe, expect, test } from "vitest";
import { byteWords } from "../../../../cli/operator/byte-words.ts";
import { progressLine } from "../../../../cli/operator/progress-line.ts";
import { sessionLines } from "../../../../cli/operator/session-screen.ts";
import { entryLines, tableListLines } from "../../../../cli/operator/table-screen.ts";
import { paint } from "../../../../cli/status/line.ts";
import type { SessionRow } from "../../../../src/operator/session-list.ts";

const PUMP: SessionRow = {
  id: "0x1f",
  clientId: "pump-1",
  username: "anna",
  source: "192.168.57.101:40312",
  destination: "192.168.57.100:1883",
  listener: "mqtt",
  backend: "brokers",
  server: "broker1",
  state: "relaying",
  ageMs: 3 * 86_400_000,
  idleMs: 42_000,
  bytesToServer: 3 * 1024 * 1024,
  bytesToClient: 512,
  packetsToServer: null,
  packetsToClient: null,
  bytesPerSecond: 0,
  packetsPerSecond: null,
  contestedBy: null,
};

const EVIL: SessionRow = {
  ...PUMP,
  clientId: `\u001b[2J\u202e\n${"x".repeat(300)}`,
  username: null,
  source: "[2001:db8:0:1:2:3:4:5]:65000",
  backend: null,
  server: null,
  state: "queued",
};

const LIST = { sessionCount: 20_000, matchCount: 3, sessions: [PUMP, EVIL] };

describe("sessions", () => {
  test("80 columns", () => {
    expect(paint(sessionLines(LIST, 80), 80, false)).toBe(
      [
        "client id           user  address              server           age  idle  bytes",
        "pump-1              anna  192.168.5…101:40312  brokers/broker1  3 d  42 s  3 MiB",
        "\\u{1b}[2J\\u{202e}…  -     [2001:db8…:5]:65000  queued           3 d  42 s  3 MiB",
        "the first 2 of 3 sessions; --limit shows more",
        "",
      ].join("\n"),
    );
  });

  test("rates where they are asked for, and who contests a session", () => {
    const busy = { ...PUMP, packetsToServer: 7, bytesPerSecond: 4_096, packetsPerSecond: 12 };
    const sessions = [{ ...busy, contestedBy: "10.0.0.9" }];
    const [head, line] = paint(sessionLines({ ...LIST, sessions }, 132, true), 132, false).split(
      "\n",
    );
    expect(head).toMatch(/packets {2}bytes\/s {2}packets\/s {2}contested by$/);
    expect(line).toMatch(/ 7 {4}4 KiB {9}12 {2}10\.0\.0\.9$/);
    const narrow = paint(sessionLines({ ...LIST, sessions }, 80, true), 80, false).split("\n");
    expect(narrow[0]).toMatch(/^client id +address +server +bytes\/s +packets\/s +contested by$/);
    expect(narrow[1]).toMatch(/ 4 KiB +12 +10\.0\.0\.9$/);
  });

  test.each([40, 80, 110, 132])(
    "no line is wider than %d, none holds a control character",
    (width) => {
      const text = paint(sessionLines(LIST, width), width, false);
      for (const line of text.trimEnd().split("\n")) {
        expect(line.length).toBeLessThanOrEqual(width);
        // eslint-disable-next-line no-control-regex
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
      }
    },
  );

  test("none", () => {
    const none = { sessionCount: 1, matchCount: 0, sessions: [] };
    expect(paint(sessionLines(none, 80), 80, false)).toBe("none of 1 session matches\n");
  });
});

describe("tables", () => {
  test("all", () => {
    const tables = [
      {
        name: "brokers",
        type: "string",
        entryCount: 19_870,
        entriesMax: 102_400,
        expireMs: 86_400_000,
        peers: "pair",
      },
      { name: "t", type: "ip", entryCount: 0, entriesMax: 10, expireMs: null, peers: null },
    ];
    expect(paint(tableListLines(tables, 80), 80, false)).toBe(
      "table    type    entries     size  full  expire  shared by peers\n" +
        "brokers  string   19,870  102,400  19 %     1 d  pair\n" +
        "t        ip            0       10   0 %   never  -\n",
    );
  });

  test("entries, with a rest that is not shown", () => {
    const entry = { key: "pump-1", useCount: 1, expiresInMs: 61_000, server: "broker1" };
    const entries = [{ ...entry, data: { conn_cnt: 3, gpc0: 0 } }];
    expect(paint(entryLines({ matchCount: 1_204, entries }, 80), 80, false)).toBe(
      "key     server   held by  expires in  data\n" +
        "pump-1  broker1        1   1 min 1 s  conn_cnt=3 gpc0=0\n" +
        "the first 1 of 1,204 entries; --limit shows more\n",
    );
  });
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [20 * 1024 ** 2, "20 MiB"],
  [3 * 1024 ** 5, "3072 TiB"],
])("%d bytes", (bytes, text) => {
  expect(byteWords(bytes)).toBe(text);
});

test.each([
  [0, 200, "", "drain [........] 0/200"],
  [199, 200, "1 left", "drain [#######.] 199/200 1 left"],
  [0, 0, "", "drain [########] 0/0"],
])("progress: %d of %d", (done, total, note, text) => {
  expect(progressLine({ title: "drain", done, total, note }, 8)).toBe(text);
});
