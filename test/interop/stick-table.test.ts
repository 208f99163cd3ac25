// The installed HAProxy and our tables are given the same events; `show table` must agree.
import type net from "node:net";
import { describe, expect, test } from "vitest";
import { parseIp } from "../../src/base/ip.ts";
import type { Sample } from "../../src/rules/sample.ts";
import { formatKey, keyFromSample } from "../../src/stick/key.ts";
import { printEntry } from "../../src/stick/print.ts";
import { StickTable } from "../../src/stick/table.ts";
import { TrackedCounters } from "../../src/stick/tracked.ts";
import { endLater } from "../support/cleanup.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  DEFAULTS,
  leave,
  open,
  quietTable,
  shownTable,
  startServer,
  visit,
  withoutExp,
} from "./stick-table-harness.ts";
import { tableSpec } from "../unit/stick/spec.ts";

describe.skipIf(!has("haproxy"))(`stick tables beside HAProxy${skipNote("haproxy")}`, () => {
  test("keyFromSample() makes the keys that HAProxy makes of addresses, text, numbers and bytes", async () => {
    const TYPES = ["ip", "ipv6", "integer", "string", "string len 5", "binary", "binary len 5"];
    const SOURCES = ["src", "text", "number", "bytes"] as const;
    const EXPRESSIONS = {
      src: "src",
      text: "req.payload(0,0),regsub(a,a)",
      number: "req.payload(0,0),regsub(a,a),mul(1)",
      bytes: "req.payload(0,0)",
    };
    const cases = TYPES.flatMap((type) => SOURCES.map((source) => ({ type, source }))).filter(
      // HAProxy refuses the file: bytes are no address and no number.
      ({ type, source }) => source !== "bytes" || /string|binary/.test(type),
    );
    const ports = await freePorts(cases.length);
    const serverPort = await startServer();
    const sections = cases.map(
      ({ type, source }, i) => `
backend t${i}
  stick-table type ${type} size 100 expire 1m store conn_cnt
frontend f${i}
  bind 127.0.0.1:${ports[i]!} ${source === "src" ? "accept-proxy" : ""}
  tcp-request inspect-delay 5s
  tcp-request content track-sc0 ${EXPRESSIONS[source]} table t${i}
  default_backend be
`,
    );
    const config = `${DEFAULTS}${sections.join("")}\nbackend be\n  server s 127.0.0.1:${serverPort}\n`;
    const haproxy = await startHaproxy({ config });
    const ADDRESSES = ["1.2.3.4", "::ffff:1.2.3.5", "2001:db8::1", "2002:102:304::1", "::7.7.7.7"];
    const TEXTS = ["abc", "y".repeat(40), "12xy", "-5", "4294967297", "1.2.3.4", "::1", "\xff =x"];
    const INPUTS = { src: ADDRESSES, text: TEXTS, number: ["5", "-1", "4294967298"], bytes: TEXTS };
    for (const [i, { type, source }] of cases.entries()) {
      const [keyType, , length] = type.split(" ");
      const keyLengthMax = Number(length ?? (keyType === "string" ? 31 : 32));
      const spec = { keyType: keyType as "ip", keyLengthMax };
      const wanted = new Set<string>();
      for (const input of INPUTS[source]) {
        const family = input.includes(":") ? "TCP6" : "TCP4";
        const other = family === "TCP6" ? "::1" : "127.0.0.1";
        const head = source === "src" ? `PROXY ${family} ${input} ${other} 1 2\r\n` : "";
        await visit(ports[i]!, head === "" ? input : `${head}x`);
        const key = keyFromSample(spec, sampleOf(source, input));
        if (key !== undefined) wanted.add(formatKey(spec, key));
      }
      const shown = await quietTable(haproxy, `t${i}`, wanted.size);
      expect(
        shown.map(({ key }) => key).sort(),
        `a table of type ${type} and ${source} samples`,
      ).toEqual([...wanted].sort());
    }
  });

  test("StickTable evicts the entries that HAProxy evicts, and spares the tracked ones", async () => {
    const [port] = await freePorts(1);
    const serverPort = await startServer();
    const haproxy = await startHaproxy({
      config: `${DEFAULTS}
backend lasting
  stick-table type string size 4 store conn_cnt
backend expiring
  stick-table type string size 4 expire 10m store conn_cnt
backend nopurge
  stick-table type string size 4 expire 10m nopurge store conn_cnt
frontend fe
  bind 127.0.0.1:${port!}
  tcp-request inspect-delay 5s
  tcp-request content track-sc0 req.payload(0,4) table lasting
  tcp-request content track-sc1 req.payload(0,4) table expiring
  tcp-request content track-sc2 req.payload(0,4) table nopurge
  default_backend be
backend be
  server s 127.0.0.1:${serverPort}
`,
    });
    const common = { size: 4, store: "conn_cnt" };
    const tables = [
      new StickTable(tableSpec({ ...common, name: "lasting" })),
      new StickTable(tableSpec({ ...common, name: "expiring", expireMs: 600_000 })),
      new StickTable(tableSpec({ ...common, name: "nopurge", expireMs: 600_000, noPurge: true })),
    ];
    const compare = async (): Promise<void> => {
      for (const table of tables) {
        const shown = await shownTable(haproxy, table.spec.name);
        expect(shown.map(({ line }) => withoutExp(line)).sort(), table.spec.name).toEqual(
          [...table.entries()].map((entry) => withoutExp(printEntry(table, entry, nowMs))).sort(),
        );
      }
    };
    let nowMs = 0;
    const track = (key: string): TrackedCounters => {
      const counters = new TrackedCounters();
      nowMs += 1;
      const sample: Sample = { type: "str", value: key };
      tables.forEach((table, i) => counters.track(i, table, sample, nowMs));
      return counters;
    };
    for (const key of ["k-01", "k-02", "k-03", "k-04", "k-01", "k-05", "k-02", "k-01", "k-06"]) {
      const socket = await open(port!, key);
      const counters = track(key);
      await compare();
      await leave(socket);
      await quietTable(haproxy, "lasting", 1);
      nowMs += 1;
      counters.release(nowMs);
      await compare();
    }
    // One only: HAProxy looks at two entries for one to evict, and gives up when both are tracked.
    const holder = await open(port!, "h-01");
    endLater(() => {
      holder.destroy();
    });
    track("h-01");
    await compare();
    for (const key of ["k-07", "k-08", "k-09", "k-10"]) {
      const socket = await open(port!, key);
      const counters = track(key);
      await compare();
      await leave(socket);
      await waitFor(async () => {
        const shown = await shownTable(haproxy, "lasting");
        return shown.find((entry) => entry.key === key)?.useCount === 0;
      });
      nowMs += 1;
      counters.release(nowMs);
      await compare();
    }
  });

  test("TrackedCounters counts what HAProxy counts for connection, session and content rules", async () => {
    const ports = await freePorts(3);
    const serverPort = await startServer();
    const KINDS = ["connection", "session", "content"] as const;
    const STORE =
      "gpt0,gpc0,gpc0_rate(100000),conn_cnt,conn_rate(100000),conn_cur,sess_cnt,sess_rate(100000)," +
      "bytes_in_cnt,bytes_in_rate(100000),bytes_out_cnt,bytes_out_rate(100000)";
    const sections = KINDS.map(
      (kind, i) => `
backend ${kind}
  stick-table type ip size 100 expire 10m store ${STORE}
frontend fe-${kind}
  bind 127.0.0.1:${ports[i]!}
  tcp-request ${kind} track-sc0 src table ${kind}
  tcp-request ${kind} sc-inc-gpc0(0)
  tcp-request ${kind} sc-set-gpt0(0) 7
  tcp-request ${kind} reject if { sc0_conn_cnt gt 3 }
  default_backend be
`,
    );
    const haproxy = await startHaproxy({
      config: `${DEFAULTS}${sections.join("")}\nbackend be\n  server s 127.0.0.1:${serverPort}\n`,
    });
    for (const [i, kind] of KINDS.entries()) {
      const spec = tableSpec({
        name: kind,
        keyType: "ip",
        size: 100,
        expireMs: 600_000,
        store: STORE,
      });
      const table = new StickTable(spec);
      const compare = async (useCount: number): Promise<void> => {
        const [shown] = await waitFor(async () => {
          const entries = await shownTable(haproxy, kind);
          return entries[0]?.useCount === useCount ? entries : undefined;
        });
        const [entry] = [...table.entries()];
        expect(withoutExp(shown!.line)).toBe(withoutExp(printEntry(table, entry!, 10)));
      };
      const source: Sample = { type: "ip", value: parseIp("127.0.0.1")! };
      const sessions: { socket: net.Socket; counters: TrackedCounters }[] = [];
      for (let n = 1; n <= 3; n += 1) {
        const counters = new TrackedCounters();
        if (kind === "content") counters.onSession(n);
        counters.track(0, table, source, n);
        counters.tracked(0)!.increment("gpc0", 0, n);
        counters.tracked(0)!.set("gpt0", 0, 7, n);
        if (kind !== "content") counters.onSession(n);
        sessions.push({ socket: await open(ports[i]!, "hello"), counters });
        // HAProxy counts the bytes of a relay when it ends.
        await compare(n);
      }
      await visit(ports[i]!, "");
      const rejected = new TrackedCounters();
      rejected.track(0, table, source, 4);
      rejected.tracked(0)!.increment("gpc0", 0, 4);
      rejected.tracked(0)!.set("gpt0", 0, 7, 4);
      rejected.release(4);
      await compare(3);
      for (const [n, { socket, counters }] of sessions.entries()) {
        await leave(socket);
        counters.onBytes({ inBytes: 5, outBytes: 2 }, 5);
        counters.release(5);
        await compare(2 - n);
      }
    }
  });
});

function sampleOf(source: "src" | "text" | "number" | "bytes", input: string): Sample {
  switch (source) {
    case "src":
      return { type: "ip", value: parseIp(input)! };
    case "text":
      return { type: "str", value: input };
    case "number":
      return { type: "int", value: Number(input) };
    case "bytes":
      return { type: "bin", value: Buffer.from(input, "latin1") };
  }
}
