// MQTT over WebSocket, plain and in TLS, through the running balancer.
import mqtt from "mqtt";
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority } from "../support/certificates.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { DEFAULTS } from "./features-harness.ts";
import { startWebSocketBroker, type WebSocketBroker } from "./websocket-broker.ts";

describe.skipIf(!has("openssl"))(`WebSocket${skipNote("openssl")}`, () => {
  let brokers: readonly [WebSocketBroker, WebSocketBroker];
  let urls: Readonly<Record<"ws" | "wss", string>>;

  beforeAll(async () => {
    brokers = [await startWebSocketBroker(), await startWebSocketBroker()];
    const { pemFile } = makeAuthority().issue(["ws.example"]);
    const [plain, secure] = await freePorts(2);
    urls = { ws: `ws://127.0.0.1:${plain!}/mqtt`, wss: `wss://127.0.0.1:${secure!}/mqtt` };
    const servers = brokers.map((one, i) => `  server b${i} 127.0.0.1:${one.port}\n`).join("");
    await startTandem({
      config:
        `${DEFAULTS}frontend f\n  bind 127.0.0.1:${plain!}\n` +
        `  bind 127.0.0.1:${secure!} ssl crt ${pemFile} alpn http/1.1\n` +
        `  default_backend b\nbackend b\n  balance leastconn\n${servers}`,
    });
  });

  test.each(["ws", "wss"] as const)("%s: clients talk over their broker", async (scheme) => {
    const before = brokers.map((one) => one.clients.length);
    const open = (clientId: string): Promise<mqtt.MqttClient> =>
      mqtt.connectAsync(urls[scheme], { clientId, reconnectPeriod: 0, rejectUnauthorized: false });
    const clients = [await open(`${scheme}-1`), await open(`${scheme}-2`)];
    expect(brokers.map((one, i) => one.clients.length - before[i]!)).toEqual([1, 1]);
    for (const client of clients) {
      const payload = Buffer.alloc(200_000, "x");
      const arrived = new Promise<Buffer>((resolve) =>
        client.once("message", (_topic, message) => resolve(message)),
      );
      await client.subscribeAsync("t", { qos: 1 });
      await client.publishAsync("t", payload, { qos: 1 });
      expect((await arrived).equals(payload)).toBe(true);
      await client.endAsync();
    }
  });
});
