// The installed HAProxy and our tables see the same time pass: rates fade, entries expire.
import { describe, expect, test } from "vitest";
import { parseIp } from "../../src/base/ip.ts";
import type { Sample } from "../../src/rules/sample.ts";
import { printEntry, printTable } from "../../src/stick/print.ts";
import { StickTable } from "../../src/stick/table.ts";
import { TrackedCounters } from "../../src/stick/tracked.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  DEFAULTS,
  leave,
  open,
  shownTable,
  startServer,
  visit,
  withoutExp,
} from "./stick-table-harness.ts";
import { tableSpec } from "../unit/stick/spec.ts";

describe.skipIf(!has("haproxy"))(`time in stick tables${skipNote("haproxy")}`, () => {
  test("a rate fades as HAProxy's does", async () => {
    const [port] = await freePorts(1);
    const serverPort = await startServer();
    const haproxy = await startHaproxy({
      config: `${DEFAULTS}
backend rates
  stick-table type ip size 100 expire 10m store conn_rate(1500)
frontend fe
  bind 127.0.0.1:${port!}
  tcp-request connection track-sc0 src table rates
  default_backend be
backend be
  server s 127.0.0.1:${serverPort}
`,
    });
    const table = new StickTable(
      tableSpec({ keyType: "ip", expireMs: 600_000, store: "conn_rate(1500)" }),
    );
    const source: Sample = { type: "ip", value: parseIp("127.0.0.1")! };
    const startMs = performance.now();
    await Promise.all(Array.from({ length: 30 }, () => visit(port!, "x")));
    const spentMs = performance.now() - startMs;
    const counters = Array.from({ length: 30 }, () => new TrackedCounters());
    for (const counter of counters) counter.track(0, table, source, startMs);
    const read = (nowMs: number): number => counters[0]!.tracked(0)!.read("conn_rate", 0, nowMs)!;
    const seen = new Set<number>();
    await waitFor(async () => {
      const beforeMs = performance.now();
      const [shown] = await shownTable(haproxy, "rates");
      const value = Number(/conn_rate\(1500\)=(\d+)/.exec(shown!.line)![1]);
      const afterMs = performance.now();
      // HAProxy's period began somewhere within the visits; its clock ticks once a loop.
      const slackMs = spentMs + 10;
      expect(value).toBeLessThanOrEqual(read(Math.max(startMs, beforeMs - slackMs)));
      expect(value).toBeGreaterThanOrEqual(read(afterMs + 10));
      seen.add(value);
      return value === 0;
    });
    expect(seen.size).toBeGreaterThan(3);
  });

  test("a match restarts the expiry, and an entry without one is gone when HAProxy's is", async () => {
    const [port] = await freePorts(1);
    const serverPort = await startServer();
    const haproxy = await startHaproxy({
      config: `${DEFAULTS}
frontend fe
  bind 127.0.0.1:${port!}
  tcp-request inspect-delay 5s
  tcp-request content accept if { req.len ge 4 }
  default_backend be
backend be
  stick-table type string size 100 expire 2500ms
  stick on req.payload(0,4)
  server s 127.0.0.1:${serverPort}
`,
    });
    const table = new StickTable(
      tableSpec({ name: "be", size: 100, expireMs: 2500, store: "server_id,server_key" }),
    );
    const stick = async (key: string): Promise<void> => {
      const socket = await open(port!, key);
      const nowMs = performance.now();
      await leave(socket);
      const entry = table.getOrCreate(key, nowMs)!;
      table.write(entry, "server_id", 0, 1, nowMs);
      table.setServerKey(entry, "s");
      table.touch(entry, nowMs, "local");
    };
    await stick("k-01");
    await stick("k-02");
    await waitFor(async () => {
      const shown = await shownTable(haproxy, "be");
      return shown.find(({ key }) => key === "k-01")!.expMs < 1500;
    });
    await stick("k-01");
    const nowMs = performance.now();
    const answer = await haproxy.command("show table be");
    expect(answer).toContain(printTable(table));
    const shown = await shownTable(haproxy, "be");
    for (const entry of table.entries()) {
      const ours = printEntry(table, entry, nowMs);
      const theirs = shown.find(({ key }) => key === entry.key)!;
      expect(withoutExp(theirs.line)).toBe(withoutExp(ours));
      expect(Math.abs(theirs.expMs - table.expiresInMs(entry, nowMs))).toBeLessThan(300);
    }
    const left = await waitFor(async () => {
      const entries = await shownTable(haproxy, "be");
      return entries.length === 1 ? entries : undefined;
    });
    expect(left[0]!.key).toBe("k-01");
    expect(table.expire(table.nextTimeout()!, 10)).toBe(1);
    expect([...table.entries()].map(({ key }) => key)).toEqual(["k-01"]);
  });
});
