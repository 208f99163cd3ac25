import { generate, type IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { LIMIT_BURST_QUIET_MS } from "../../../src/limits.ts";
import { LimitWatch } from "../../../src/session/limit-watch.ts";
import { formatTyped } from "../../../src/stats/json.ts";
import { ALL_ROWS, statsRows } from "../../../src/stats/rows.ts";
import { Bench } from "./bench.ts";

const listen = (...lines: readonly string[]): string =>
  ["listen l\n bind :1883", ...lines, "server a 10.0.0.1:1\n"].join("\n ");

function connect(bench: Bench, more: Partial<IConnectPacket> = {}, source?: string): void {
  const client = bench.accept("l", source);
  client.send(generate({ cmd: "connect", clientId: "d1", keepalive: 60, ...more }));
}

function counted(bench: Bench): string[] {
  return bench
    .frontend("l")
    .counters.limited.entries()
    .map(({ reason, count }) => `${reason} ${count}`);
}

describe("clients that limits keep out", () => {
  test("are counted by the limit, whether they are told or not", () => {
    const limits = ["connect-size 100", "keepalive max 1h", "client-id ^d"];
    const bench = new Bench(listen(...limits.map((line) => `mqtt-limit ${line}`)));
    connect(bench);
    connect(bench, { username: "u".repeat(90) });
    connect(bench, { keepalive: 0 });
    connect(bench, { clientId: "x" });
    connect(bench, { clientId: "y" });
    expect(counted(bench)).toEqual(["connect-size 1", "keepalive 1", "client-id 2"]);
    expect(bench.frontend("l").counters.limited.latest("client-id")).toEqual({
      ...{ clientId: "y", host: "10.0.0.1" },
    });
  });

  test("rates by what they are of, bans by themselves", () => {
    const rates = ["1/h by client-id ban 1m", "2/h by src", "3/h by listener"];
    const bench = new Bench(listen(...rates.map((line) => `mqtt-limit rate ${line}`)));
    for (let count = 0; count < 3; count++) connect(bench);
    connect(bench, { clientId: "d2" });
    connect(bench, { clientId: "d3" });
    connect(bench, { clientId: "d4" }, "10.0.0.2:1");
    connect(bench, { clientId: "d5" }, "10.0.0.3:1");
    expect(counted(bench)).toEqual([
      ...["client-rate 1", "source-rate 1", "listener-rate 1", "ban 1"],
    ]);
  });

  test("those whose wait for a paced server is over, but not for a full one", () => {
    const queue = ["timeout queue 10s", "timeout connect 1m"];
    const paced = new Bench(listen(...queue, "mqtt-connect-rate 1/s"));
    for (let count = 0; count < 3; count++) connect(paced);
    paced.advance(10_000);
    expect(counted(paced)).toEqual(["connect-rate 2"]);
    const full = new Bench(
      listen(...queue, "default-server maxconn 1 mqtt-connect-rate 9/s burst 9"),
    );
    for (let count = 0; count < 3; count++) connect(full);
    full.advance(10_000);
    expect(counted(full)).toEqual([]);
  });

  test("stand in the statistics behind HAProxy's columns, and can be cleared", () => {
    const bench = new Bench(listen("mqtt-limit client-id ^x"));
    connect(bench);
    const { world } = bench;
    const proxies = [bench.frontend("l").proxy];
    const source = { world, proxies, pages: new Map(), startedMs: 0, statusOf: () => undefined };
    const shown = formatTyped(statsRows(source, ALL_ROWS, bench.nowMs)).split("\n");
    const ours = shown.filter((line) => line.includes("mqtt_refused"));
    expect(ours).toHaveLength(9);
    expect(ours[2]).toBe("F.1.0.129.mqtt_refused_client_id.1:MCP:u64:1");
    expect(ours[8]).toBe("F.1.0.135.mqtt_refused_connect_rate.1:MCP:u64:0");
    bench.frontend("l").counters.clear(true);
    expect(counted(bench)).toEqual([]);
  });
});

describe("LimitWatch", () => {
  test("tells of the beginning and the end of a burst, not of each client", () => {
    const bench = new Bench(listen("mqtt-limit client-id ^x"));
    const watch = new LimitWatch();
    const look = (): string[] =>
      watch
        .look(bench.world.frontends.values(), bench.nowMs)
        .map(({ mark, text }) => `${mark.kind}: ${text} ${mark.cause ?? ""}`.trimEnd());
    expect(look()).toEqual([]);
    for (let count = 0; count < 100; count++) connect(bench, {}, "10.0.0.9:1");
    expect(look()).toEqual([
      "frontend.refusing: Frontend l keeps out client identifiers that do not match. " +
        "client-id: client identifiers that do not match (latest: d1 from 10.0.0.9)",
    ]);
    bench.nowMs += LIMIT_BURST_QUIET_MS - 1;
    connect(bench);
    expect(look()).toEqual([]);
    bench.nowMs += LIMIT_BURST_QUIET_MS - 1;
    expect(look()).toEqual([]);
    bench.nowMs += 1;
    expect(look()).toEqual([
      "frontend.refusing-over: Frontend l no longer keeps out client identifiers that do not match: 101 were.",
    ]);
    bench.nowMs += LIMIT_BURST_QUIET_MS;
    expect(look()).toEqual([]);
    bench.frontend("l").counters.clear(true);
    connect(bench);
    expect(look()).toHaveLength(1);
  });
});
