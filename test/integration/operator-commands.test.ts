// What a running balancer answers to the commands of an operator on its control socket.
import { describe, expect, test } from "vitest";
import { askControl } from "../../src/base/io/control-client.ts";
import type { SessionList } from "../../src/operator/session-list.ts";
import type { EntryList } from "../../src/operator/table-list.ts";
import { startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { findProgram } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { connectDevice } from "./mqtt-devices.ts";

const HOSTILE = "evil\u202e";

async function ask<T>(tandem: Tandem, command: string, args: object = {}): Promise<T> {
  const patience = { answerMs: 5_000, answerBytesMax: 1024 * 1024 };
  const reply = await askControl(tandem.controlPath, command, patience, { ...args });
  if (reply.kind === "failure") throw new Error(reply.text);
  return reply.value as T;
}

async function start(): Promise<{ readonly tandem: Tandem; readonly port: number }> {
  const [broker] = await startMosquittos(1);
  const [port] = await freePorts(1);
  const tandem = await startTandem({
    config: `defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m
  tcp-request inspect-delay 5s
listen mqtt
  bind 127.0.0.1:${port}
  tcp-request connection track-sc0 src table clients
  stick-table type string len 32 size 1k expire 1h store conn_cnt
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  server b1 127.0.0.1:${broker!.port}
backend clients
  stick-table type ip size 1k expire 1h store conn_cur
`,
  });
  return { tandem, port: port! };
}

describe.skipIf(findProgram("mosquitto") === undefined)("operator commands", () => {
  test("sessions are found by client id, in order, and ended by their ids", async () => {
    const { tandem, port } = await start();
    await connectDevice(port, "pump-1", { username: "anna" });
    await connectDevice(port, "pump-2");
    await connectDevice(port, HOSTILE);
    const all = await ask<SessionList>(tandem, "sessions");
    expect(all).toMatchObject({ sessionCount: 3, matchCount: 3 });
    expect(all.sessions.map(({ clientId }) => clientId)).toEqual(["pump-1", "pump-2", HOSTILE]);
    expect(all.sessions[0]).toMatchObject({
      username: "anna",
      listener: "mqtt",
      backend: "mqtt",
      server: "b1",
      state: "relaying",
      destination: `127.0.0.1:${port}`,
    });
    const pumps = await ask<SessionList>(tandem, "sessions", { client: "pump-*", limit: 1 });
    expect(pumps).toMatchObject({ sessionCount: 3, matchCount: 2 });
    expect(pumps.sessions).toHaveLength(1);
    const ids = [pumps.sessions[0]!.id, "0xffff"];
    expect(await ask(tandem, "end-sessions", { ids })).toEqual({ ok: true, endedCount: 1 });
    await waitFor(async () => (await ask<SessionList>(tandem, "sessions")).sessionCount === 2);
    expect(await ask(tandem, "sessions", { client: "pump-1" })).toMatchObject({ matchCount: 0 });
    expect(await ask(tandem, "sessions", { server: "mqtt/b2" })).toMatchObject({ matchCount: 0 });
    expect(await ask(tandem, "sessions", { server: "mqtt/*" })).toMatchObject({ matchCount: 2 });
  });

  test("entries are found by key and cleared unless a session holds them", async () => {
    const { tandem, port } = await start();
    await connectDevice(port, "pump-1");
    const gone = await connectDevice(port, "pump-2");
    await gone.endAsync();
    await waitFor(async () => (await ask<SessionList>(tandem, "sessions")).sessionCount === 1);
    expect(await ask(tandem, "table")).toMatchObject({
      tables: [
        { name: "mqtt", type: "string", entryCount: 2, entriesMax: 1024 },
        { name: "clients", type: "ip", entryCount: 1 },
      ],
    });
    const found = await ask<EntryList>(tandem, "table", { name: "mqtt", key: "pump-1" });
    expect(found).toMatchObject({
      matchCount: 1,
      entries: [{ key: "pump-1", useCount: 0, server: "b1", data: { conn_cnt: 0 } }],
    });
    const clear = (name: string, key: string) => ask(tandem, "clear-table", { name, key });
    expect(await clear("mqtt", "*-2")).toEqual({ ok: true, clearedCount: 1, inUseCount: 0 });
    expect(await clear("clients", "*")).toEqual({ ok: true, clearedCount: 0, inUseCount: 1 });
    expect(await ask(tandem, "table", { name: "mqt" })).toMatchObject({
      ok: false,
      message: 'no table is named "mqt": there are mqtt, clients',
    });
  });

  test("servers are drained, and what is no server is named", async () => {
    const { tandem } = await start();
    const request = { state: "drain", servers: ["mqtt/b1", "mqtt/b9"] };
    expect(await ask(tandem, "set-servers", request)).toMatchObject({
      servers: [
        { server: "mqtt/b1", ok: true, isChanged: true },
        { server: "mqtt/b9", ok: false, message: "No such server." },
      ],
    });
    expect(await ask(tandem, "set-servers", { ...request, servers: ["mqtt/b1"] })).toMatchObject({
      servers: [{ isChanged: false }],
    });
  });

  test.each([
    [
      "sessions",
      { order: "size" },
      'order: found "size", expected age, idle, bytes, packets, byte-rate, packet-rate',
    ],
    ["sessions", { limit: -1 }, "limit: found -1, expected 0 to 10000"],
    ["end-sessions", { ids: ["7"] }, 'ids: found ["7"], expected a list of ids as "0x1f"'],
    ["set-servers", { state: "up" }, 'state: found "up", expected ready, drain or maint'],
  ])("%s %j is refused", async (command, args, message) => {
    const { tandem } = await start();
    expect(await ask(tandem, command, args)).toEqual({ ok: false, message });
  });
});
