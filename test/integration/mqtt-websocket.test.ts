// `option mqtt-websocket` between mqtt.js and aedes: over ws, which the native mover serves, and over wss.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { startWebSocketBroker, type WebSocketBroker } from "./websocket-broker.ts";

const SCHEMES = ["ws", "wss"] as const;
const VERSIONS = [
  ["3.1", { protocolId: "MQIsdp", protocolVersion: 3 }],
  ["3.1.1", { protocolVersion: 4 }],
  ["5", { protocolVersion: 5 }],
] as const satisfies readonly (readonly [string, IClientOptions])[];

function openTo(url: string, options: IClientOptions): MqttClient {
  const client = mqtt.connect(url, { reconnectPeriod: 0, rejectUnauthorized: false, ...options });
  client.on("error", () => undefined);
  endLater(() => void client.end(true));
  return client;
}

async function connectTo(url: string, options: IClientOptions): Promise<MqttClient> {
  const client = openTo(url, options);
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve(client));
    client.once("close", () => reject(new Error(`${url} was closed`)));
  });
}

/** All packets of the broker until the connection is closed. */
function heardUntilClose(client: MqttClient): Promise<readonly mqtt.Packet[]> {
  const packets: mqtt.Packet[] = [];
  client.on("packetreceive", (packet) => packets.push(packet));
  return new Promise((resolve) => client.once("close", () => resolve(packets)));
}

describe.skipIf(!has("openssl"))(`option mqtt-websocket${skipNote("openssl")}`, () => {
  let brokers: readonly WebSocketBroker[];
  let ports: readonly number[];

  beforeAll(async () => {
    brokers = [await startWebSocketBroker(), await startWebSocketBroker()];
    ports = await freePorts(4);
    const unwilling = http.createServer((_request, response) => response.writeHead(403).end());
    unwilling.listen(0, "127.0.0.1");
    await once(unwilling, "listening");
    endLater(() => void unwilling.close());
    const crt = makeAuthority().issue(["edge.example"]).pemFile;
    const servers = brokers.map(({ port }, index) => `  server b${index} 127.0.0.1:${port}`);
    const listen = (name: string, bind: string, ...lines: readonly string[]): string =>
      [`listen ${name}`, `  bind ${bind}`, ...lines, ""].join("\n");
    await startTandem({
      config: [
        "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m",
        "  tcp-request inspect-delay 5s\n  #tandem option mqtt-websocket\n  #tandem option mqtt-refuse",
        listen(
          "plain",
          `127.0.0.1:${ports[0]}`,
          "  #tandem tcp-request content reject if { mqtt.client_id banned }",
          "  stick-table type string len 64 size 1k\n  #tandem stick on mqtt.client_id",
          ...servers,
        ),
        listen(
          "secure",
          `127.0.0.1:${ports[1]} ssl crt ${crt}`,
          "  #tandem tcp-request content reject if { mqtt.client_id banned }",
          "  #tandem stick on mqtt.client_id table plain",
          ...servers,
        ),
        listen("dead", `127.0.0.1:${ports[2]}`, "  server s 127.0.0.1:1 disabled"),
        listen(
          "unwilling",
          `127.0.0.1:${ports[3]}`,
          `  server s 127.0.0.1:${(unwilling.address() as AddressInfo).port}`,
        ),
      ].join("\n"),
    });
  }, 60_000);

  const url = (scheme: (typeof SCHEMES)[number]): string =>
    `${scheme}://127.0.0.1:${scheme === "ws" ? ports[0] : ports[1]}/mqtt`;

  test("a device keeps its broker over ws and wss, and its messages come through", async () => {
    for (let device = 0; device < 6; device++) {
      const clientId = `device-${device}`;
      for (let turn = 0; turn < 4; turn++) {
        const client = await connectTo(url(SCHEMES[turn % 2]!), { clientId });
        const heard = new Promise<number>((resolve) =>
          client.on("message", (_topic, payload) => resolve(payload.length)),
        );
        await client.subscribeAsync(`to/${clientId}`);
        await client.publishAsync(`to/${clientId}`, Buffer.alloc(100_000, "x"), { qos: 1 });
        expect(await heard).toBe(100_000);
        await client.endAsync();
      }
      const counts = brokers.map(
        ({ clients }) => clients.filter((each) => each === clientId).length,
      );
      expect([...counts].sort()).toEqual([0, 4]);
    }
    expect(brokers.every(({ clients }) => clients.length > 0)).toBe(true);
  });

  describe.each(SCHEMES)("%s", (scheme) => {
    test.each(VERSIONS)("MQTT %s is refused by a CONNACK", async (_name, version) => {
      const client = openTo(url(scheme), { clientId: "banned", ...version });
      const packets = await heardUntilClose(client);
      expect(packets).toMatchObject([{ cmd: "connack" }]);
      expect(JSON.stringify(packets)).toMatch(/"(returnCode|reasonCode)":(5|135)/);
    });
  });

  test("without a server, and with one that refuses the upgrade, the client is told", async () => {
    for (const port of [ports[2], ports[3]]) {
      const client = openTo(`ws://127.0.0.1:${port}/mqtt`, { clientId: "late" });
      const packets = await heardUntilClose(client);
      expect(packets).toMatchObject([{ cmd: "connack", returnCode: 3 }]);
    }
  });

  test("who does not speak WebSocket is answered in HTTP", async () => {
    const answer = await fetch(`http://127.0.0.1:${ports[0]}/`);
    expect([answer.status, await answer.text()]).toEqual([
      426,
      "This is a WebSocket port for MQTT.\n",
    ]);
  });
});
