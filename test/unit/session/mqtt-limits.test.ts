import { generate, type IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { readConfiguration } from "../../../src/config/read.ts";
import { printConfiguration } from "../../../src/config/print.ts";
import { Bench, configurationOf } from "./bench.ts";

const listen = (...lines: readonly string[]): string =>
  ["listen l\n bind :1883\n option mqtt-refuse", ...lines, "server a 10.0.0.1:1\n"].join("\n ");

/** What becomes of a client: its state, or what it is told. */
function outcome(
  bench: Bench,
  more: Partial<IConnectPacket> = {},
  source?: string,
): string | undefined {
  const client = bench.accept("l", source);
  client.send(generate({ cmd: "connect", clientId: "d1", keepalive: 60, ...more }));
  return client.take().find((line) => line.startsWith("tell ")) ?? client.state;
}

const REFUSED = { id: "tell 20020002", rate: "tell 20020003", other: "tell 20020005" };

describe("mqtt-limit", () => {
  test("connect-size", () => {
    const bench = new Bench(listen("#tandem mqtt-limit connect-size 100"));
    expect(outcome(bench)).toBe("connecting");
    expect(outcome(bench, { username: "u".repeat(90) })).toBe(REFUSED.other);
    const v5 = { protocolVersion: 5, username: "u".repeat(90) } as const;
    expect(outcome(bench, v5)).toMatch(/^tell 20..0095/);
  });

  test("keepalive; none at all is above any maximum", () => {
    const bench = new Bench(listen("mqtt-limit keepalive min 10s max 1h"));
    const keepalives = [10, 3_600, 9, 3_601, 0];
    expect(keepalives.map((keepalive) => outcome(bench, { keepalive }))).toEqual([
      ...["connecting", "connecting"],
      ...[REFUSED.other, REFUSED.other, REFUSED.other],
    ]);
  });

  test("client-id", () => {
    const bench = new Bench(listen("mqtt-limit client-id ^fleet-[0-9]+$"));
    expect(outcome(bench, { clientId: "fleet-7" })).toBe("connecting");
    expect(outcome(bench, { clientId: "fleet-x" })).toBe(REFUSED.id);
    expect(outcome(bench, { clientId: "fleet-x", protocolVersion: 5 })).toMatch(/^tell 20..0085/);
  });

  test("rate by client-id, with a ban, for that client only", () => {
    const bench = new Bench(listen("mqtt-limit rate 2/s by client-id ban 1m"));
    expect([1, 2, 3, 4].map(() => outcome(bench))).toEqual([
      ...["connecting", "connecting"],
      ...[REFUSED.other, REFUSED.other],
    ]);
    expect(outcome(bench, { clientId: "d2" })).toBe("connecting");
    bench.nowMs += 59_999;
    expect(outcome(bench)).toBe(REFUSED.other);
    bench.nowMs += 1;
    expect(outcome(bench)).toBe("connecting");
  });

  test("rate by src and for the whole listener", () => {
    const bench = new Bench(
      listen("mqtt-limit rate 1/s by src", "mqtt-limit rate 3/m burst 2 by listener"),
    );
    expect(outcome(bench, {}, "10.0.0.1:1")).toBe("connecting");
    expect(outcome(bench, {}, "10.0.0.1:2")).toBe(REFUSED.rate);
    expect(outcome(bench, {}, "10.0.0.2:1")).toBe("connecting");
    expect(outcome(bench, {}, "10.0.0.3:1")).toBe(REFUSED.rate);
    bench.nowMs += 20_000;
    expect(outcome(bench, {}, "10.0.0.4:1")).toBe("connecting");
  });

  test("what is no CONNECT is not its business", () => {
    const client = new Bench(listen("mqtt-limit connect-size 1")).accept().send("\x16\x03");
    expect(client.state).toBe("connecting");
  });

  test("is printed and read again, and inherited", () => {
    const lines = [
      ...["connect-size 1k", "keepalive min 1s max 2h", "client-id '^a b$'"],
      ...["rate 5/m burst 9 by client-id ban 10m", "rate 3/h by listener"],
    ];
    const quoted = lines.map((line) => `mqtt-limit ${line}`);
    const text = `defaults\n ${quoted.join("\n ")}\nfrontend f\n bind :1\n`;
    const { mqttLimits } = configurationOf(text).proxies[0]!.frontend!;
    expect(mqttLimits).toEqual({
      ...{ connectBytesMax: 1_024, keepaliveMinMs: 1_000, keepaliveMaxMs: 7_200_000 },
      clientId: "^a b$",
      rates: [
        { by: "client-id", count: 5, periodMs: 60_000, burst: 9, banMs: 600_000 },
        { by: "listener", count: 3, periodMs: 3_600_000, burst: 3 },
      ],
    });
    const again = configurationOf(printConfiguration(configurationOf(text)));
    expect(again.proxies[0]!.frontend!.mqttLimits).toEqual(mqttLimits);
  });

  test.each([
    [
      "size 3",
      "'mqtt-limit' expects connect-size, keepalive, client-id, rate, takeover, off, found 'size'",
    ],
    ["keepalive 10s", "'mqtt-limit keepalive' expects 'min <time>' or 'max <time>', found '10s'."],
    ["client-id (", "'mqtt-limit client-id': regex '(' is invalid"],
    [
      "rate 5/d by src",
      "'mqtt-limit rate' expects a number per s, m or h, such as 10/m, found '5/d'.",
    ],
    ["takeover 5/m", "'mqtt-limit takeover' expects 'ban <time>' or 'delay <time>', found ''."],
    ["rate 5/s", "'mqtt-limit rate' expects 'by' client-id, src, listener, found ''."],
  ])("%j is refused with what may stand there", (words, message) => {
    const text = `frontend f\n bind :1\n mqtt-limit ${words}\n`;
    const { diagnostics } = readConfiguration([{ name: "t.cfg", text }], {
      ...{ environment: {}, version: "0.0.0", hostName: "lb1" },
    });
    expect(diagnostics.map((each) => each.message).join("\n")).toContain(message);
  });
});
