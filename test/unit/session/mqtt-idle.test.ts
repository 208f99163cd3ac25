import { generate, type IConnackPacket, type IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { INSPECT_DELAY_DEFAULT_MS, MQTT_IDLE_SERVER_MARGIN_MS } from "../../../src/limits.ts";
import type { RelaySpec } from "../../../src/session/mover.ts";
import { Bench, type Client } from "./bench.ts";

const HOUR_MS = 3_600_000;

function connect(version: 3 | 4 | 5, keepalive: number): Uint8Array {
  const protocolId = version === 3 ? "MQIsdp" : "MQTT";
  const rest = { protocolId, protocolVersion: version, clientId: "d1", keepalive };
  return generate({ cmd: "connect", ...rest } as IConnectPacket);
}

function connack(properties: IConnackPacket["properties"] = {}): string {
  const packet = { cmd: "connack", sessionPresent: false, reasonCode: 0, properties } as const;
  return generate(packet, { protocolVersion: 5 }).toString("latin1");
}

function listen(...lines: readonly string[]): Bench {
  const head = ["listen l", "bind :1883", "timeout client 30s", "timeout server 30s"];
  return new Bench([...head, ...lines, "server a 10.0.0.1:1"].join("\n "));
}

/** The timeouts of a client's relay. */
function specOf(client: Client): RelaySpec {
  const relay = client.effects.find((effect) => effect.kind === "relay");
  expect(relay, `state ${client.state}`).toBeDefined();
  return relay!.spec;
}

function specFor(version: 3 | 4, keepalive: number, ...lines: readonly string[]): RelaySpec {
  const client = listen("#tandem timeout client mqtt", ...lines).accept();
  return specOf(client.send(connect(version, keepalive)).connected());
}

describe("timeout client mqtt", () => {
  test.each([
    [3, 10, 15_000],
    [4, 10, 15_000],
    [4, 60, 90_000],
    [4, 1, 2_000],
    [4, 65_535, 24 * HOUR_MS],
  ] as const)("level %d with a keep alive of %d s has %d ms", (version, keepalive, clientMs) => {
    expect(specFor(version, keepalive)).toMatchObject({ clientMs, isClientHeard: true });
  });

  test("keeps to its own bounds", () => {
    const bounds = "timeout client mqtt min 5s max 30s";
    expect(specFor(4, 1, bounds).clientMs).toBe(5_000);
    expect(specFor(4, 10, bounds).clientMs).toBe(15_000);
    expect(specFor(4, 60, bounds).clientMs).toBe(30_000);
  });

  test("leaves `timeout client` to clients without a keep alive", () => {
    const spec = specFor(4, 0);
    expect(spec).toMatchObject({ clientMs: 30_000, serverMs: 30_000 });
    expect(spec.isClientHeard).toBeUndefined();
  });

  test("is not cut short by the server's timeout or the tunnel's", () => {
    expect(specFor(4, 60).serverMs).toBe(90_000 + MQTT_IDLE_SERVER_MARGIN_MS);
    expect(specFor(4, 2).serverMs).toBe(30_000);
    const tunnel = specFor(4, 60, "timeout tunnel 5s");
    expect(tunnel).toMatchObject({ clientMs: 90_000, serverMs: 91_000 });
    expect(tunnel.tunnelMs).toBeUndefined();
    expect(specFor(4, 2, "timeout tunnel 1h")).toMatchObject({
      clientMs: 3_000,
      serverMs: HOUR_MS,
    });
  });

  test("leaves a server without a timeout without one", () => {
    const bench = new Bench(
      "listen l\n bind :1\n timeout client mqtt\n server a 10.0.0.1:1\n timeout client-fin 1s",
    );
    const spec = specOf(bench.accept().send(connect(4, 60)).connected());
    expect(spec).toMatchObject({ clientMs: 90_000, clientFinMs: 1_000 });
    expect(spec.serverMs).toBeUndefined();
  });

  test("waits for a CONNECT in pieces", () => {
    const client = listen("timeout client mqtt").accept();
    for (const byte of connect(4, 10)) {
      expect(client.state).toBe("inspecting");
      client.send(Uint8Array.of(byte));
    }
    expect(specOf(client.connected()).clientMs).toBe(15_000);
  });

  test("waits for nobody who does not speak MQTT, and not for ever for the silent", () => {
    const bench = listen("timeout client mqtt");
    const other = bench.accept().send("GET / HTTP/1.1");
    expect(specOf(other.connected()).clientMs).toBe(30_000);
    const silent = bench.accept();
    bench.advance(INSPECT_DELAY_DEFAULT_MS - 1);
    expect(silent.state).toBe("inspecting");
    bench.advance(1);
    expect(specOf(silent.connected()).clientMs).toBe(30_000);
    const quick = listen("timeout client mqtt", "tcp-request inspect-delay 100ms");
    const waiting = quick.accept();
    quick.advance(100);
    expect(waiting.state).toBe("connecting");
  });

  test("changes nothing where it is not asked for", () => {
    const defaults = "defaults\n timeout client mqtt\n";
    const section = "listen l\n bind :1\n timeout client mqtt off\n timeout client 9s\n";
    const bench = new Bench(`${defaults}${section} server a 10.0.0.1:1`);
    const client = bench.accept();
    expect(client.state).toBe("connecting");
    expect(specOf(client.connected()).clientMs).toBe(9_000);
  });
});

describe("timeout client mqtt with MQTT 5", () => {
  function connected(): Client {
    const client = listen("timeout client mqtt").accept();
    client.send(connect(5, 10)).connected();
    expect(client.state).toBe("answering");
    return client;
  }

  test.each([
    [connack({ serverKeepAlive: 60 }), 90_000],
    [connack({ serverKeepAlive: 4 }), 6_000],
    [connack({ serverKeepAlive: 0 }), 30_000],
    [connack(), 15_000],
    ["\xf0\x00", 15_000],
    ["HTTP/1.1 400\r\n\r\n", 15_000],
  ])("the broker's answer %j makes it %d ms", (answer, clientMs) => {
    const client = connected();
    client.answer(answer);
    expect(specOf(client).clientMs).toBe(clientMs);
  });

  test("waits for a CONNACK in pieces, and sends on what the client sends meanwhile", () => {
    const client = connected();
    const answer = connack({ serverKeepAlive: 60 });
    for (let end = 1; end < answer.length; end++) {
      client.answer(answer.slice(0, end));
      expect(client.state).toBe("answering");
    }
    client.take();
    client.send("more");
    expect(client.take()).toEqual(["send more", "consume 4"]);
    client.answer(answer);
    expect(specOf(client).clientMs).toBe(90_000);
  });

  test("goes by the client's word when the broker does not answer", () => {
    const bench = listen("timeout client mqtt", "tcp-response inspect-delay 200ms");
    const client = bench.accept().send(connect(5, 10)).connected();
    bench.advance(200);
    expect(specOf(client).clientMs).toBe(15_000);
  });

  test("does not look at the answers of older versions", () => {
    const client = listen("timeout client mqtt").accept();
    expect(client.send(connect(4, 10)).connected().state).toBe("relaying");
  });
});
