import { generate } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { LIMIT_BURST_QUIET_MS, MQTT_RATE_KEYS_MAX } from "../../../src/limits.ts";
import { listSessions, type SessionRow } from "../../../src/operator/session-list.ts";
import { LimitWatch } from "../../../src/session/limit-watch.ts";
import { Takeovers } from "../../../src/session/takeovers.ts";
import { Bench, type Client, configurationOf } from "./bench.ts";
import { printConfiguration } from "../../../src/config/print.ts";

const ONE = "10.0.0.1:1";
const OTHER = "10.0.0.2:1";

const listen = (line: string): string =>
  `listen l\n bind :1883\n option mqtt-refuse\n mqtt-limit ${line}\n server a 10.9.0.1:1\n`;

function connect(bench: Bench, source: string, clientId = "d1"): Client {
  return bench.accept("l", source).send(generate({ cmd: "connect", clientId, keepalive: 60 }));
}

/** In, or what it is told. */
function comes(bench: Bench, source: string, clientId?: string): Client | string {
  const client = connect(bench, source, clientId);
  if (client.state === "connecting") return client.connected();
  return client.take().find((line) => line.startsWith("tell ")) ?? client.state;
}

const BANNED = "tell 20020005";

/** They come by turns, and the broker throws out who was there; what became of each. */
function fight(bench: Bench, turns: number): string[] {
  const outcomes: string[] = [];
  let last: Client | undefined;
  for (let turn = 0; turn < turns; turn++) {
    const outcome = comes(bench, turn % 2 === 0 ? ONE : OTHER);
    outcomes.push(typeof outcome === "string" ? outcome : "in");
    if (typeof outcome === "string") continue;
    last?.relayed("server-closed");
    last = outcome;
    bench.nowMs += 100;
  }
  return outcomes;
}

function sessions(bench: Bench): readonly SessionRow[] {
  const alive = [...bench.clients.keys()].filter(({ stateName }) => stateName !== "ended");
  const query = { client: null, server: null, order: "age", limit: 10 } as const;
  const steps = listSessions(alive, query, () => bench.nowMs);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value.sessions;
  }
}

describe("mqtt-limit takeover", () => {
  test("two devices with one identifier: who is in stays in, the other one is kept out", () => {
    const bench = new Bench(listen("takeover 3/h ban 5m"));
    expect(fight(bench, 8)).toEqual([
      ...["in", "in", "in", "in"],
      // Tries of the one who is in are no takeovers.
      ...[BANNED, "in", BANNED, "in"],
    ]);
    expect(bench.frontend("l").counters.limited.of("takeover")).toBe(2);
    expect(sessions(bench).map(({ source, contestedBy }) => [source, contestedBy])).toEqual([
      ["10.0.0.2:1", "10.0.0.1"],
    ]);
    expect(comes(bench, "10.0.0.3:1", "d2")).not.toBe(BANNED);
    bench.nowMs += 300_000;
    expect(sessions(bench)[0]!.contestedBy).toBeNull();
    expect(comes(bench, ONE)).toBe(BANNED);
    bench.nowMs += 1_200_000;
    expect(comes(bench, ONE)).not.toBe(BANNED);
  });

  test("a device that comes back over a bad link is no takeover, nor is one that had left", () => {
    const bench = new Bench(listen("takeover 1/h ban 5m"));
    for (let count = 0; count < 50; count++) expect(comes(bench, ONE)).not.toBe(BANNED);
    const roaming = new Bench(listen("takeover 1/h ban 5m"));
    for (let count = 0; count < 50; count++) {
      const client = comes(roaming, count % 2 === 0 ? ONE : OTHER);
      expect(client).not.toBe(BANNED);
      (client as Client).relayed("client-closed");
    }
  });

  test("the one who is kept out may come once the other has gone", () => {
    const bench = new Bench(listen("takeover 1/h ban 5m"));
    const [, second] = [comes(bench, ONE), comes(bench, OTHER)];
    expect(comes(bench, ONE)).toBe(BANNED);
    (second as Client).relayed("client-closed");
    expect(comes(bench, ONE)).not.toBe(BANNED);
    expect(comes(bench, OTHER)).toBe(BANNED);
  });

  test("delay: whoever takes over too often waits first; a client that gives up takes nothing", () => {
    const bench = new Bench(listen("takeover 1/h delay 10s"));
    fight(bench, 2);
    const late = connect(bench, ONE);
    expect(late.state).toBe("inspecting");
    late.send(generate({ cmd: "pingreq" }));
    bench.advance(9_999);
    expect(late.state).toBe("inspecting");
    bench.advance(1);
    expect(late.state).toBe("connecting");
    late.connected();
    expect(sessions(bench).at(-1)).toMatchObject({ source: ONE, contestedBy: "10.0.0.2" });
    const gone = connect(bench, OTHER);
    expect(gone.state).toBe("inspecting");
    gone.finish();
    expect(gone.state).toBe("ended");
    expect(bench.frontend("l").counters.limited.of("takeover")).toBe(0);
  });

  test("addresses of one IPv6 network are one place; nameless clients are nobody", () => {
    const takeovers = new Takeovers();
    const limit = { count: 1, periodMs: 3_600_000, banMs: 1_000 };
    let sessionId = 0;
    const come = (host: string): string =>
      takeovers.claim(limit, { clientId: "d", host, sessionId: sessionId++ }, 0).kind;
    const hosts = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1", "2001:db8::1"];
    expect(hosts.map(come)).toEqual([
      ...["admitted", "admitted", "admitted"],
      ...["admitted", "banned"],
    ]);
    const bench = new Bench(listen("takeover 1/h ban 5m"));
    for (let count = 0; count < 4; count++) {
      expect(comes(bench, count % 2 === 0 ? ONE : OTHER, "")).not.toBe(BANNED);
    }
  });

  test("the identifiers seen last are remembered", () => {
    const takeovers = new Takeovers();
    const limit = { count: 1, periodMs: 3_600_000, banMs: 1_000 };
    const come = (clientId: string, host: string): string =>
      takeovers.claim(limit, { clientId, host, sessionId: 1 }, 0).kind;
    for (const host of ["10.0.0.1", "10.0.0.2"]) come("old", host);
    for (let count = 1; count < MQTT_RATE_KEYS_MAX / 2; count++) come(`d${count}`, "10.0.0.3");
    expect(come("old", "10.0.0.1")).toBe("banned");
    for (let count = 0; count < MQTT_RATE_KEYS_MAX; count++) come(`e${count}`, "10.0.0.3");
    expect(come("old", "10.0.0.1")).toBe("admitted");
  });

  test("one event names the identifiers and their addresses", () => {
    const bench = new Bench(listen("takeover 1/h ban 5m"));
    const watch = new LimitWatch();
    const look = (): (string | undefined)[] =>
      watch
        .look(bench.world.frontends.values(), bench.nowMs)
        .flatMap(({ mark, text }) => (mark.kind === "frontend.takeover" ? [text, mark.cause] : []));
    for (let device = 0; device < 5; device++) {
      for (const source of [ONE, OTHER, ONE, ONE]) comes(bench, source, `d${device}`);
    }
    const hosts = "(10.0.0.2 and 10.0.0.1)";
    expect(look()).toEqual([
      `Devices take each other's sessions over on frontend l: d0 ${hosts}, d1 ${hosts}, d2 ${hosts} and 2 more.`,
      `one client identifier, two addresses: d0 ${hosts}, d1 ${hosts}, d2 ${hosts} and 2 more`,
    ]);
    for (const source of [ONE, OTHER, ONE]) comes(bench, source, "x");
    expect(look()).toEqual([]);
    bench.nowMs += LIMIT_BURST_QUIET_MS;
    expect(look()).toEqual([
      `Devices take each other's sessions over on frontend l: x ${hosts}.`,
      `one client identifier, two addresses: x ${hosts}`,
    ]);
    bench.nowMs += LIMIT_BURST_QUIET_MS;
    expect(look()).toEqual([]);
  });

  test.each([
    ["takeover 4/m ban 5m", { count: 4, periodMs: 60_000, banMs: 300_000 }],
    ["takeover 1/h delay 3s", { count: 1, periodMs: 3_600_000, delayMs: 3_000 }],
  ])("%s is printed and read again", (line, takeover) => {
    const read = configurationOf(listen(line));
    const again = configurationOf(printConfiguration(read));
    for (const { proxies } of [read, again]) {
      expect(proxies[0]!.frontend!.mqttLimits).toEqual({ rates: [], takeover });
    }
  });
});
