// Devices inside WebSocket, with and without TLS, are sent away and their packets are counted as all others.
import path from "node:path";
import mqtt, { type IClientOptions, type IDisconnectPacket, type MqttClient } from "mqtt";
import { describe, expect, test } from "vitest";
import { makeAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { runtimeCommand } from "../support/haproxy.ts";
import { type Broker, startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { deviceIds, Placements } from "./mqtt-devices.ts";

/** Real brokers that speak WebSocket at ports of their own. */
async function startBrokers(): Promise<readonly (Broker & { readonly webPort: number })[]> {
  const webPorts = await freePorts(2);
  return Promise.all(
    webPorts.map(async (webPort) => {
      const extraLines = [`listener ${webPort} 127.0.0.1`, "protocol websockets"];
      const [broker] = await startMosquittos(1, { extraLines });
      return Object.assign(broker!, { webPort });
    }),
  );
}

async function connectTo(url: string, options: IClientOptions): Promise<MqttClient> {
  const client = mqtt.connect(url, { reconnectPeriod: 0, rejectUnauthorized: false, ...options });
  client.on("error", () => undefined);
  endLater(() => void client.end(true));
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve(client));
    client.once("close", () => reject(new Error(`${url} was closed`)));
  });
}

/** What a client is told before it is closed. */
async function farewellOf(client: MqttClient): Promise<IDisconnectPacket | undefined> {
  let packet: IDisconnectPacket | undefined;
  client.once("disconnect", (told) => (packet = told));
  await new Promise<void>((resolve) => client.once("close", () => resolve()));
  return packet;
}

const CAN_RUN = has("openssl") && has("mosquitto");

describe.skipIf(!CAN_RUN)(`clients inside WebSocket${skipNote("mosquitto")}`, () => {
  test.each(["native", "node"])(
    "are told to leave, find the other broker, and are counted: mover %s",
    async (mover) => {
      const brokers = await startBrokers();
      const placements = new Placements(brokers);
      const [plain, secure] = await freePorts(2);
      const socket = path.join(tempDir(), "s.sock");
      const crt = makeAuthority().issue(["edge.example"]).pemFile;
      await startTandem({
        config: [
          `global\n  mover ${mover}\n  stats socket ${socket} level admin`,
          "listen mqtt\n  mode tcp\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m",
          `  bind 127.0.0.1:${plain}\n  bind 127.0.0.1:${secure} ssl crt ${crt}`,
          "  tcp-request inspect-delay 5s\n  #tandem option mqtt-websocket",
          "  #tandem option mqtt-packets\n  #tandem drain-rate 100/s",
          "  #tandem mqtt-server-reference lb.example:8083",
          "  stick-table type string len 32 size 1k\n  #tandem stick on mqtt.client_id",
          ...brokers.map(({ webPort }, index) => `  server b${index} 127.0.0.1:${webPort}`),
          "",
        ].join("\n"),
      });
      const urls = [`ws://127.0.0.1:${plain}/mqtt`, `wss://127.0.0.1:${secure}/mqtt`];
      const ids = deviceIds("d", 16);
      const connecting = ids.map(async (id, turn) => {
        const [version, url] = [turn % 4 < 2 ? (5 as const) : (4 as const), urls[turn % 2]!];
        const client = await connectTo(url, { clientId: id, protocolVersion: version });
        await client.subscribeAsync(`to/${id}`);
        await client.publishAsync(`to/${id}`, Buffer.alloc(300 * turn * turn), { qos: 1 });
        return [id, { url, version, client }] as const;
      });
      const devices = new Map(await Promise.all(connecting));
      const placed = await placements.of(ids);
      const leaving = ids.filter((id) => placed.get(id) === 0);
      expect(leaving.length).toBeGreaterThan(2);
      // Each has sent CONNECT, SUBSCRIBE and PUBLISH.
      const counted = /mqtt=\(in: connect=1 publish=1 .*, out: connack=1 /g;
      await waitFor(
        async () =>
          (await runtimeCommand(socket, "show sess all")).match(counted)?.length === devices.size,
        { what: () => "the packets of all" },
      );
      const farewells = leaving.map(
        async (id) => [id, await farewellOf(devices.get(id)!.client)] as const,
      );
      await runtimeCommand(socket, "set server mqtt/b0 state drain");
      for (const [id, packet] of await Promise.all(farewells)) {
        if (devices.get(id)!.version === 4) expect(packet).toBeUndefined();
        else {
          expect(packet?.reasonCode).toBe(0x9c);
          expect(packet?.properties?.serverReference).toBe("lb.example:8083");
        }
      }
      for (const [id, { client }] of devices) expect(client.connected).toBe(!leaving.includes(id));
      placements.mark();
      await Promise.all(leaving.map((id) => connectTo(devices.get(id)!.url, { clientId: id })));
      expect(await placements.counts(leaving)).toEqual([0, leaving.length]);
    },
    60_000,
  );
});
