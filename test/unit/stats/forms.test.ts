import { describe, expect, test } from "vitest";
import { PacketCounters } from "../../../src/session/packet-counters.ts";
import { COLUMNS, FIRST_MODULE_COLUMN, type StatsRow } from "../../../src/stats/columns.ts";
import { csvHeader, formatCsv } from "../../../src/stats/csv.ts";
import { formatJson, formatTyped } from "../../../src/stats/json.ts";
import { packetCells } from "../../../src/stats/own-columns.ts";
import { formatDuration, formatSize } from "../../../src/stats/page-figures.ts";

function row(cells: StatsRow["cells"], kind: StatsRow["kind"] = "server"): StatsRow {
  return { kind, proxyId: 3, serverId: 1, cells };
}

describe("formatCsv()", () => {
  test("has HAProxy's 127 columns and one for the border of its modules", () => {
    const names = csvHeader(false).slice(2).split(",");
    expect(names).toHaveLength(127 + 2);
    expect(names.slice(0, 3)).toEqual(["pxname", "svname", "qcur"]);
    expect(names.indexOf("-")).toBe(FIRST_MODULE_COLUMN);
    expect(names.slice(-3)).toEqual(["h1_spliced_bytes_in", "h1_spliced_bytes_out", ""]);
  });

  test("has ours behind them where they are wanted", () => {
    const names = csvHeader(true).slice(2).split(",");
    expect(csvHeader(true).startsWith(csvHeader(false))).toBe(true);
    expect(names).toHaveLength(COLUMNS.length + 2);
    const [, line] = formatCsv([row({ pxname: "be", mqtt_refused_ban: 7 })], true).split("\n");
    expect(line!.split(",")[names.indexOf("mqtt_refused_ban")]).toBe("7");
  });

  test("gives every row as many cells as the header, empty where nothing applies", () => {
    const [header, line, end] = formatCsv([row({ pxname: "be", qcur: 0 })], false).split("\n");
    expect(line!.split(",")).toHaveLength(header!.split(",").length);
    expect(line!.startsWith("be,,0,,")).toBe(true);
    expect(end).toBe("");
  });

  test("quotes what would end a cell", () => {
    const text = formatCsv([row({ pxname: 'a"b', svname: "c,d", last_chk: "e\nf" })], false);
    expect(text).toContain('"a""b","c,d",');
    expect(text).toContain('"e\nf"');
  });
});

describe("formatJson() and formatTyped()", () => {
  test("number columns without the border, and tag them by the kind of row", () => {
    expect(formatTyped([row({ act: 1, ssl_sess: 0 })])).toBe(
      "S.3.1.19.act.1:SGP:u32:1\nS.3.1.103.ssl_sess.1:MCP:u64:0\n",
    );
    expect(formatTyped([row({ act: 1 }, "backend")])).toBe("B.3.1.19.act.1:MGP:u32:1\n");
    expect(formatTyped([row({ rate: 1 }, "frontend")])).toBe("F.3.1.33.rate.1:MRP:u32:1\n");
  });

  test("leave out empty cells, not empty texts", () => {
    expect(JSON.parse(formatJson([row({ last_chk: "", lastsess: -1 })]))).toMatchObject([
      [
        { field: { pos: 55, name: "lastsess" }, value: { type: "s32", value: -1 } },
        { field: { pos: 56, name: "last_chk" }, value: { type: "str", value: "" } },
      ],
    ]);
  });
});

test("packetCells() has a column for each type that may come, and one for all others", () => {
  const packets = new PacketCounters();
  const toServer = new Float64Array(16).fill(1);
  packets.add({ toServer, toClient: new Float64Array(16) }, undefined);
  const cells = packetCells(packets);
  expect(cells).toMatchObject({ mqtt_in_connect: 1, mqtt_in_auth: 1, mqtt_out_publish: 0 });
  // Reserved, CONNACK, SUBACK, UNSUBACK and PINGRESP are the servers' own.
  expect(cells.mqtt_in_other).toBe(5);
  const sum = Object.values(cells).reduce((total, count) => total + count, 0);
  expect(sum).toBe(16);
  expect(packetCells(undefined)).toEqual({});
});

describe("figures of the page", () => {
  test("formatDuration() shows the two largest units", () => {
    const shown = [0, 59, 60, 3_599, 3_600, 90_061, 864_000].map(formatDuration);
    expect(shown).toEqual(["0s", "59s", "1m0s", "59m59s", "1h0m", "1d1h", "10d0h"]);
  });

  test("formatSize() shows the largest unit", () => {
    const shown = [0, 1_023, 1_024, 1_572_864, 2 ** 60].map(formatSize);
    expect(shown).toEqual(["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "1024.0 PiB"]);
  });
});
