import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { LEAVE_WAIT_MS } from "../../../src/limits.ts";
import type { LeaveCause, SessionEffect } from "../../../src/session/events.ts";
import { Bench, type Client } from "./bench.ts";

function connect(version: 4 | 5, properties: IConnectPacket["properties"] = {}): Uint8Array {
  return generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: version,
    clientId: "d1",
    clean: true,
    keepalive: 60,
    ...(version === 5 ? { properties } : {}),
  });
}

function bench(...lines: readonly string[]): Bench {
  const servers = ["server a 10.0.0.1:1", "server b 10.0.0.2:1"];
  return new Bench(["listen l", "bind :1883", ...lines, ...servers].join("\n "));
}

/** A client whose relay runs. */
function running(world: Bench, bytes: Uint8Array): Client {
  return world.accept().send(bytes).connected();
}

/** What a client is given when it is told to leave; "close" when it is not told. */
function farewell(client: Client): Packet | "nothing" | "close" {
  const last = client.effects.at(-1)!;
  if (last.kind === "close-client") return "close";
  const { farewell: bytes } = last as Extract<SessionEffect, { kind: "leave" }>;
  if (bytes === undefined) return "nothing";
  let found: Packet | undefined;
  const reading = parser({ protocolVersion: 5 });
  reading.on("packet", (packet) => (found = packet));
  expect(reading.parse(Buffer.from(bytes))).toBe(0);
  return found!;
}

function leave(client: Client, cause: LeaveCause | "shutdown" = "drain"): typeof client {
  client.tell({ kind: "leave", cause });
  return client;
}

describe("a session that is to leave", () => {
  test("an MQTT 5 client is told to use another server", () => {
    const client = leave(running(bench("#tandem drain-time 10s"), connect(5)));
    expect(farewell(client)).toMatchObject({ cmd: "disconnect", reasonCode: 0x9c });
    expect(client.state).toBe("relaying");
    client.relayed("closed");
    expect(client.record?.termination).toBe("K-");
  });

  test.each([
    ["mqtt-server-reference lb2:1883", "drain", 0x9c, "lb2:1883"],
    ["mqtt-server-reference lb2:1883 moved", "drain", 0x9d, "lb2:1883"],
    ["mqtt-server-reference lb2:1883", "shutdown", 0x9c, "lb2:1883"],
    ["drain-rate 5/s", "shutdown", 0x8b, undefined],
    ["drain-rate 5/s", "switchover", 0x9c, undefined],
    ["rebalance-rate 5/s", "rebalance", 0x9c, undefined],
  ] as const)("%s, %s: 0x%x and %j", (line, cause, reasonCode, serverReference) => {
    const told = farewell(leave(running(bench(`#tandem ${line}`), connect(5)), cause));
    expect(told).toMatchObject({ reasonCode });
    const { properties } = told as { properties?: { serverReference?: string } };
    expect(properties?.serverReference).toBe(serverReference);
  });

  test("a reference that is too long for the client is left out", () => {
    const world = bench("#tandem mqtt-server-reference lb2.example.com:1883");
    const told = leave(running(world, connect(5, { maximumPacketSize: 20 })));
    expect(farewell(told)).toMatchObject({ reasonCode: 0x9c });
    expect(farewell(told)).not.toHaveProperty("properties.serverReference");
    expect(farewell(leave(running(world, connect(5, { maximumPacketSize: 2 }))))).toBe("nothing");
  });

  test("older clients and others get an end between two packets", () => {
    const world = bench("#tandem drain-time 10s", "tcp-request inspect-delay 1s");
    expect(farewell(leave(running(world, connect(4))))).toBe("nothing");
    const other = world.accept().send("GET / HTTP/1.0\r\n\r\n").connected();
    expect(farewell(leave(other))).toBe("nothing");
    const framings = [...world.clients.values()].map((each) => {
      const relay = each.effects.find((effect) => effect.kind === "relay");
      return relay?.spec.framing !== undefined;
    });
    expect(framings).toEqual([true, false]);
  });

  test("without a directive nothing is followed, and a kill is a close", () => {
    const client = running(bench(), connect(5));
    const relay = client.effects.find((effect) => effect.kind === "relay");
    expect(relay?.spec.framing).toBeUndefined();
    client.tell({ kind: "kill", cause: "shutdown" });
    expect(farewell(client)).toBe("close");
  });

  test("`option mqtt-packets` only counts", () => {
    const client = running(bench("#tandem option mqtt-packets"), connect(5));
    const relay = client.effects.find((effect) => effect.kind === "relay");
    expect(relay?.spec.framing).toBeDefined();
    client.tell({ kind: "kill", cause: "shutdown" });
    expect(farewell(client)).toBe("close");
  });

  test.each([
    ["administrator", 0x98],
    ["shutdown", 0x8b],
    ["server-down", 0x9c],
  ] as const)("a kill by %s is told by 0x%x", (cause, reasonCode) => {
    const client = running(bench("#tandem drain-time 10s"), connect(5));
    client.tell({ kind: "kill", cause });
    expect(farewell(client)).toMatchObject({ reasonCode });
  });

  test("a packet that does not end is not waited for beyond its time", () => {
    const world = bench("#tandem drain-time 10s");
    const client = leave(running(world, connect(5)));
    world.advance(LEAVE_WAIT_MS - 1);
    expect(client.effects.at(-1)?.kind).toBe("leave");
    world.advance(1);
    expect(farewell(client)).toBe("close");
    expect(client.session.nextTimeout()).toBeUndefined();
  });

  test("one that does not run yet leaves when it does, and once", () => {
    const world = bench("#tandem drain-time 10s");
    const client = leave(world.accept().send(connect(5)));
    expect(client.state).toBe("connecting");
    client.connected();
    expect(farewell(client)).toMatchObject({ reasonCode: 0x9c });
    const count = client.effects.length;
    leave(client, "switchover");
    expect(client.effects).toHaveLength(count);
  });
});

describe("a client whose server is emptied", () => {
  const STICK = ["stick-table type string len 32 size 100", "stick on mqtt.client_id"];

  function reconnected(world: Bench): string {
    const first = running(world, connect(5));
    const { server } = first.session.context;
    const state = world.server(`l/${server!.name}`);
    world.dispatch(world.backend("l").balancer.setAdmin(state, "drain", world.nowMs));
    leave(first).relayed("closed");
    const again = running(world, connect(5));
    return again.session.context.server!.name === server!.name ? "same" : "other";
  }

  test("goes elsewhere at once, though it sticks to that server", () => {
    expect(reconnected(bench("#tandem drain-time 10s", ...STICK))).toBe("other");
  });

  test("without the directive it goes on to stick, as with HAProxy", () => {
    expect(reconnected(bench(...STICK))).toBe("same");
  });

  test("stays if there is no other", () => {
    const world = new Bench(
      ["listen l", "bind :1883", "#tandem drain-time 10s", ...STICK, "server a 10.0.0.1:1"].join(
        "\n ",
      ),
    );
    expect(reconnected(world)).toBe("same");
  });

  test("is bound to the server that it is moved to", () => {
    const world = bench("#tandem rebalance-rate 1/s", ...STICK);
    const first = running(world, connect(5));
    const from = first.session.context.server!.name;
    const to = world.server(`l/${from === "a" ? "b" : "a"}`);
    first.tell({ kind: "leave", cause: "rebalance", to });
    first.relayed("closed");
    for (let i = 0; i < 3; i++) {
      const again = running(world, connect(5));
      expect(again.session.context.server?.name).toBe(to.name);
      again.relayed("client-closed");
    }
  });
});
