import { generate } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { FrameTracker } from "../../src/mqtt/frames.ts";
import { waitFor } from "../support/wait-for.ts";
import { ending, Harness, listenBackend, MOVERS_AND_FAR, readBytes } from "./mover-harness.ts";

const FAREWELL = generate({ cmd: "disconnect", reasonCode: 0x8b }, { protocolVersion: 5 });
const PING = Buffer.from([0xc0, 0x00]);
/** Four bytes of a PUBLISH that has ten. */
const BEGINNING = Buffer.from([0x30, 0x08, 0x00, 0x01]);
const REST = Buffer.from("t12345");
const MALFORMED = Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff]);

describe.each(MOVERS_AND_FAR)("$name: leave()", (factory) => {
  test("leave() waits for the end of the server's packet", async () => {
    const harness = new Harness(factory);
    const { client, server, clientId } = await harness.relayed({ framing: new FrameTracker() });
    server.write(BEGINNING);
    await readBytes(client, BEGINNING.length);
    harness.mover.leave(clientId, FAREWELL);
    client.write(PING);
    await readBytes(server, PING.length);
    expect(client.readableLength).toBe(0);
    server.write(Buffer.concat([REST, PING]));
    const last = await readBytes(client, REST.length + FAREWELL.length);
    expect(last).toEqual(Buffer.concat([REST, FAREWELL]));
    expect(await ending(client)).toBe("end");
    client.end();
    server.end();
    const { end, counters } = await harness.next("relay-ended");
    expect(end).toBe("closed");
    expect(counters).toMatchObject({ bytesToServer: 2, bytesToClient: 10 });
  });

  test("leave() without framing is an orderly end at once", async () => {
    const harness = new Harness(factory);
    const { client, server, clientId } = await harness.relayed();
    harness.mover.leave(clientId, FAREWELL);
    expect(await ending(client)).toBe("end");
    expect(client.bytesRead).toBe(0);
    client.end();
    expect(await ending(server)).toBe("end");
    server.end();
    expect((await harness.next("relay-ended")).end).toBe("closed");
  });

  test("what cannot be MQTT ends the framing, and the relay goes on", async () => {
    const harness = new Harness(factory);
    const { client, server, clientId } = await harness.relayed({ framing: new FrameTracker() });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.write(MALFORMED);
      expect(await readBytes(to, MALFORMED.length)).toEqual(MALFORMED);
      from.write("more");
      expect((await readBytes(to, 4)).toString()).toBe("more");
    }
    harness.mover.leave(clientId, FAREWELL);
    expect(await ending(client)).toBe("end");
    expect(client.bytesRead).toBe(MALFORMED.length + 4);
  });

  test("bytes in hand belong to the framing", async () => {
    const harness = new Harness(factory);
    const listener = await harness.listen();
    const backend = await listenBackend();
    const { client, id } = await harness.accept(listener.port);
    harness.mover.inspect(id, 1000);
    client.write(BEGINNING);
    await harness.next("bytes", (event) => event.bytes.length === BEGINNING.length);
    const serverId = await harness.connect(backend.port);
    const server = await backend.nextConnection();
    harness.mover.inspect(serverId, 1000);
    server.write(Buffer.concat([PING, BEGINNING]));
    await harness.next("bytes", (event) => event.bytes.length === 6);
    const framing = new FrameTracker();
    framing.take(PING);
    harness.mover.relay(id, serverId, { framing });
    await readBytes(client, 6);
    harness.mover.leave(id, FAREWELL);
    client.write(REST);
    server.write(REST);
    const last = await readBytes(client, REST.length + FAREWELL.length);
    expect(last).toEqual(Buffer.concat([REST, FAREWELL]));
    await readBytes(server, 10);
    const { packets } = harness.mover.counters(id)!;
    expect([packets!.toServer[12], packets!.toServer[3]]).toEqual([1, 1]);
    expect([packets!.toClient[12], packets!.toClient[3]]).toEqual([1, 1]);
  });

  test("a client that does not go is reset after a while", async () => {
    const harness = new Harness(factory);
    const { client, clientId } = await harness.relayed({ framing: new FrameTracker() });
    harness.mover.leave(clientId, FAREWELL);
    harness.mover.leave(clientId, FAREWELL);
    expect(await readBytes(client, FAREWELL.length)).toEqual(FAREWELL);
    client.resume();
    expect((await harness.next("relay-ended")).end).toBe("closed");
  });

  test("a client that does not read gets its last packet behind what waits", async () => {
    const harness = new Harness(factory);
    const { client, server, clientId } = await harness.relayed({ framing: new FrameTracker() });
    client.pause();
    const publish = generate({
      cmd: "publish",
      topic: "t",
      payload: Buffer.alloc(8 * 1024 * 1024),
      qos: 0,
      dup: false,
      retain: false,
    });
    server.write(publish);
    const { mover } = harness;
    await waitFor(() => mover.counters(clientId)!.bytesToClient > 0, { what: "its beginning" });
    harness.mover.leave(clientId, FAREWELL);
    server.write(PING);
    const got = await readBytes(client, publish.length + FAREWELL.length);
    expect(got.subarray(publish.length)).toEqual(FAREWELL);
    expect(got).toHaveLength(publish.length + FAREWELL.length);
  });
});
