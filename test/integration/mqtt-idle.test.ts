// `timeout client mqtt` as devices see it, through both movers, TLS and a real broker.
import net from "node:net";
import type { MqttClient } from "mqtt";
import { generate, type IConnectPacket, parser as createParser } from "mqtt-packet";
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Client, openClient, openTlsClient } from "./features-harness.ts";
import { connectDevice } from "./mqtt-devices.ts";

const NAMES = ["plain", "secure", "bounded"] as const;

type Name = (typeof NAMES)[number];

/** How late an end may be noticed on a machine that is busy, ms. */
const LATE_MS_MAX = 1_500;

/** A broker that believes everybody to be alive. With MQTT 5 it wants a keep alive of 60 s of `lazy`. */
async function startPatientBroker(): Promise<number> {
  const server = net.createServer((socket) => {
    const parser = createParser();
    parser.on("packet", (packet) => {
      if (packet.cmd === "pingreq") socket.write(generate({ cmd: "pingresp" }));
      if (packet.cmd !== "connect") return;
      const properties = packet.clientId === "lazy" ? { serverKeepAlive: 60 } : {};
      const connack = { cmd: "connack", sessionPresent: false, properties } as const;
      const protocolVersion = packet.protocolVersion ?? 4;
      const code = protocolVersion === 5 ? { reasonCode: 0 } : { returnCode: 0 };
      socket.write(generate({ ...connack, ...code }, { protocolVersion }));
    });
    socket.on("data", (bytes) => parser.parse(bytes));
    socket.on("error", () => socket.destroy());
    endLater(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endLater(() => void server.close());
  return (server.address() as net.AddressInfo).port;
}

/** A client that sends its CONNECT and is silent from then on. */
function silentDevice(client: Client, clientId: string, version: 4 | 5, keepalive: number): Client {
  const rest = { protocolId: "MQTT", protocolVersion: version, clientId, keepalive } as const;
  client.socket.write(generate({ cmd: "connect", ...rest } satisfies IConnectPacket));
  return client;
}

/** How long after its CONNACK a client is closed, ms. */
async function lifeOf(client: Client): Promise<number> {
  await waitFor(() => client.received().length > 0, { what: () => "a CONNACK" });
  const begunMs = performance.now();
  await client.ended;
  return performance.now() - begunMs;
}

describe.each(["native", "node"])("timeout client mqtt with the mover %s", (mover) => {
  let port: Readonly<Record<Name, number>>;
  let tandem: Tandem;

  beforeAll(async () => {
    const brokerPort = await startPatientBroker();
    const numbers = await freePorts(NAMES.length);
    port = Object.fromEntries(NAMES.map((name, index) => [name, numbers[index]!])) as typeof port;
    const pem = has("openssl") ? makeAuthority().issue(["b.example"]).pemFile : undefined;
    const listen = (name: Name, more: string, ...lines: readonly string[]): string =>
      [`listen ${name}`, `bind 127.0.0.1:${port[name]}${more}`, ...lines].join("\n  ") +
      `\n  server s 127.0.0.1:${brokerPort}\n`;
    tandem = await startTandem({
      config: [
        `global\n  log stdout format raw local0\n  #tandem mover ${mover}\n`,
        "defaults\n  mode tcp\n  log global\n  timeout connect 2s\n  timeout client 2s",
        "  timeout server 2s\n  #tandem timeout client mqtt",
        "  log-format '%ft %ts %[mqtt.client_id] %[mqtt.keepalive]'\n",
        listen("plain", ""),
        listen("bounded", "", "timeout client mqtt min 1s max 1s"),
        pem === undefined ? "" : listen("secure", ` ssl crt ${pem}`),
      ].join("\n"),
    });
  });

  test("ends who is silent for 1.5 times the keep alive, and nobody else", async () => {
    const silent = silentDevice(openClient(port.plain), "silent", 4, 2);
    const bounded = silentDevice(openClient(port.bounded), "bounded", 4, 60);
    const lazy = silentDevice(openClient(port.plain), "lazy", 5, 2);
    const sleeper = await connectDevice(port.plain, "sleeper", { keepalive: 60 });
    const awake = await connectDevice(port.plain, "awake", { keepalive: 1, protocolVersion: 5 });
    const forever = silentDevice(openClient(port.plain), "forever", 4, 0);
    const [silentMs, boundedMs, foreverMs] = await Promise.all(
      [silent, bounded, forever].map(lifeOf),
    );
    expect(silentMs).toBeGreaterThan(2_900);
    expect(silentMs).toBeLessThan(3_000 + LATE_MS_MAX);
    expect(boundedMs).toBeGreaterThan(900);
    expect(boundedMs).toBeLessThan(1_000 + LATE_MS_MAX);
    expect(foreverMs).toBeGreaterThan(1_900);
    expect(foreverMs).toBeLessThan(2_000 + LATE_MS_MAX);
    for (const device of [sleeper, awake]) await answersPing(device);
    expect(lazy.socket.destroyed).toBe(false);
    // Both sides of the last one have the same timeout.
    const lines = [/^plain cD silent 2$/m, /^bounded cD bounded 60$/m, /^plain [cs]D forever 0$/m];
    await waitFor(() => lines.every((line) => line.test(tandem.process.stdout())));
    expect(tandem.process.stdout()).not.toMatch(/lazy|sleeper|awake/);
  });

  test.skipIf(!has("openssl"))(`does so inside TLS${skipNote("openssl")}`, async () => {
    const tls = { protocol: "mqtts", rejectUnauthorized: false } as const;
    const sleeper = await connectDevice(port.secure, "tls-sleeper", { keepalive: 60, ...tls });
    const silent = silentDevice(openTlsClient(port.secure), "tls-silent", 5, 2);
    const silentMs = await lifeOf(silent);
    expect(silentMs).toBeGreaterThan(2_900);
    expect(silentMs).toBeLessThan(3_000 + LATE_MS_MAX);
    await answersPing(sleeper);
    await waitFor(() => tandem.process.stdout().includes("secure~ cD tls-silent 2"));
  });
});

/** Sends a PINGREQ and waits for the answer. */
async function answersPing(device: MqttClient): Promise<void> {
  const answered = new Promise<void>((resolve) => {
    device.on("packetreceive", (packet) => {
      if (packet.cmd === "pingresp") resolve();
    });
  });
  expect(device.connected).toBe(true);
  device.sendPing();
  await answered;
}

describe.skipIf(!has("mosquitto"))(`timeout client mqtt${skipNote("mosquitto")}`, () => {
  test("leaves devices of mosquitto alone that sleep longer than `timeout client`", async () => {
    const [broker] = await startMosquittos(1);
    const [port] = await freePorts(1);
    await startTandem({
      config: [
        "listen mqtt\n  mode tcp\n  timeout connect 2s\n  timeout client 2s\n  timeout server 2s",
        "  #tandem timeout client mqtt",
        `  bind 127.0.0.1:${port!}\n  server s 127.0.0.1:${broker!.port}\n`,
      ].join("\n"),
    });
    const versions = [3, 4, 5] as const;
    const devices = await Promise.all(
      versions.map((protocolVersion) => {
        const protocolId = protocolVersion === 3 ? "MQIsdp" : "MQTT";
        const level = { protocolId, protocolVersion } as const;
        return connectDevice(port!, `d${protocolVersion}`, { keepalive: 60, ...level });
      }),
    );
    const silent = silentDevice(openClient(port!), "silent", 4, 2);
    expect(await lifeOf(silent)).toBeGreaterThan(2_000);
    for (const device of devices) await device.publishAsync("t", "awake", { qos: 1 });
  });
});
