// The files that users have run with nothing but their addresses changed, before real brokers.
import net from "node:net";
import path from "node:path";
import type { MqttClient } from "mqtt";
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority, type TestCertificate } from "../support/certificates.ts";
import { startMosquittos, type Broker } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { canConnect } from "../support/wait-for.ts";
import { connectDevice, connectDevices, deviceIds, Placements } from "./mqtt-devices.ts";
import { startProxyReader } from "./proxy-reader.ts";
import { usersConfig, type Replacement } from "./users-config.ts";

const HAS_ALL = has("mosquitto") && has("openssl");
const NOTE = skipNote(has("openssl") ? "mosquitto" : "openssl");
const CERTIFICATE_PATH = "/etc/haproxy/certs/server.pem";

describe.skipIf(!HAS_ALL)(`files that users have${NOTE}`, () => {
  let brokers: Broker[] = [];
  let webSocketPorts: number[] = [];
  let certificate: TestCertificate;
  let authority: ReturnType<typeof makeAuthority>;

  beforeAll(async () => {
    webSocketPorts = await freePorts(3);
    const starting = webSocketPorts.map(async (port) => {
      const extraLines = [`listener ${port} 127.0.0.1`, "protocol websockets"];
      return (await startMosquittos(1, { extraLines }))[0]!;
    });
    brokers = await Promise.all(starting);
    authority = makeAuthority();
    certificate = authority.issue(["localhost"]);
  });

  /** Runs a file with replacements of its own and these binds moved; the ports in their order. */
  async function run(
    name: string,
    binds: readonly string[],
    replacements: readonly Replacement[],
    args: readonly string[] = [],
  ): Promise<number[]> {
    const ports = await freePorts(binds.length);
    const moved = binds.map((bind, index): Replacement => {
      const prefix = bind.startsWith("bind") ? "bind " : bind.slice(0, bind.indexOf(":"));
      return [bind, `${prefix}127.0.0.1:${ports[index]!}`];
    });
    await startTandem({ config: usersConfig(name, [...replacements, ...moved]), args });
    return ports;
  }

  const addressOf = (index: number): string => `127.0.0.1:${brokers[index]!.port}`;

  /** Clients get through, and are spread as told. */
  async function expectRelayed(port: number, expectedCounts: readonly number[]): Promise<void> {
    const placements = new Placements(brokers);
    const count = expectedCounts.reduce((sum, each) => sum + each, 0);
    const ids = deviceIds(`device-${port}`, count);
    const devices = await connectDevices(port, ids);
    expect(await placements.counts(ids)).toEqual(expectedCounts);
    const [device] = devices.values();
    await expectEcho(device!);
  }

  test("01 balances by leastconn beside its statistics page", async () => {
    const [port, statsPort] = await run(
      "01-leastconn-stats.cfg",
      ["bind *:1883", "stats :1936"],
      [
        ["10.255.4.101:1883", addressOf(0)],
        ["10.255.4.102:1883", addressOf(1)],
      ],
    );
    await expectRelayed(port!, [5, 5, 0]);
    expect(await canConnect(statsPort!)).toBe(true);
  });

  test("02 runs with its global section and keeps connections alive", async () => {
    const [port] = await run(
      "02-production-global.cfg",
      ["bind *:1890", "bind *:9080"],
      [
        ["172.19.12.231:1883", addressOf(0)],
        ["172.19.12.207:1883", addressOf(1)],
        ["/home/hylink/haproxy/sbin/haproxy.pid", path.join(tempDir(), "haproxy.pid")],
      ],
    );
    await expectRelayed(port!, [5, 5, 0]);
  });

  test("03 relays to its one broker", async () => {
    const [port] = await run(
      "03-development.cfg",
      ["bind *:2883"],
      [["127.0.0.1:1883", addressOf(2)]],
    );
    await expectRelayed(port!, [0, 0, 5]);
  });

  test("04 refuses what is no MQTT and sticks by client identifier", async () => {
    const [port] = await run("04-emqx-sticky.cfg", ["bind *:1883", "bind *:8888"], clusterNames());
    await expectRelayed(port!, [4, 4, 4]);
    expect(await answerTo(port!, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("");
  });

  test("05 terminates TLS and tells brokers the client's address by PROXY protocol", async () => {
    const proxied = await Promise.all([0, 1, 2].map((index) => startProxyReader(brokers[index]!)));
    const [port] = await run(
      "05-emqx-tls.cfg",
      ["bind *:8883"],
      [
        [CERTIFICATE_PATH, certificate.pemFile],
        ...proxied.map(({ port: to }, index) => clusterName(index, 1883, to)),
      ],
    );
    const placements = new Placements(brokers);
    const ids = deviceIds("tls", 10);
    const options = { protocol: "mqtts", ca: authority.cert, servername: "localhost" } as const;
    const devices = await connectDevices(port!, ids, options);
    // The weights are 5, 2 and 3.
    expect(await placements.counts(ids)).toEqual([5, 2, 3]);
    for (const device of devices.values()) await expectEcho(device);
    const told = new Set(proxied.flatMap(({ sources }) => sources));
    const sources = [...devices.values()].map((device) => localPortOf(device));
    expect(sources.filter((source) => !told.has(`127.0.0.1:${source}`))).toEqual([]);
    await expect(connectDevice(port!, "stranger", { ...options, ca: [] })).rejects.toThrow();
  });

  test("06 passes WebSocket through, and WebSocket over TLS", async () => {
    const [port, tlsPort] = await run(
      "06-emqx-websocket.cfg",
      ["bind *:8083", "bind *:8084"],
      [
        [CERTIFICATE_PATH, certificate.pemFile],
        ...webSocketPorts.map((to, index) => clusterName(index, 8083, to)),
      ],
    );
    const ca = authority.cert;
    for (const [protocol, at] of [
      ["ws", port!],
      ["wss", tlsPort!],
    ] as const) {
      const placements = new Placements(brokers);
      const ids = deviceIds(protocol, 6);
      const wsOptions = { ca, servername: "localhost" };
      const devices = await connectDevices(at, ids, { protocol, path: "/mqtt", wsOptions });
      expect(await placements.counts(ids)).toEqual([2, 2, 2]);
      // The broker itself is slow with larger ones: 0.4 s each.
      await Promise.all([...devices.values()].map((device) => expectEcho(device, 500)));
    }
  });

  test("07 relays its services, and keeps clients of one address at one broker", async () => {
    const ports = await run(
      "07-tcp-services.cfg",
      ["bind *:3307", "bind *:8081", "bind *:1889", "bind *:1899"],
      [
        // Both servers have this address in the file.
        ["192.168.0.20:3306", addressOf(2)],
        ["192.168.0.26:1889", addressOf(0)],
        ["192.168.0.3:1889", addressOf(1)],
        ["/var/lib/haproxy/stats", path.join(tempDir(), "stats")],
        // The package brings the user.
        ...(has("haproxy") ? [] : ([["    user haproxy\n    group haproxy\n", ""]] as const)),
      ],
    );
    await expectRelayed(ports[0]!, [0, 0, 4]);
    await expectRelayed(ports[2]!, [3, 3, 0]);
    const placements = new Placements(brokers);
    const ids = deviceIds("same-address", 8);
    await connectDevices(ports[3]!, ids);
    expect((await placements.counts(ids)).toSorted((a, b) => a - b)).toEqual([0, 0, 8]);
  });

  test("10 runs as one node of its pair", async () => {
    const [peerPort, otherPort] = await freePorts(2);
    const [port] = await run(
      "10-pair-node1-haproxy.cfg",
      ["bind *:1883", "bind *:8404"],
      [
        ["/run/tandem/admin.sock", path.join(tempDir(), "admin.sock")],
        ["192.168.56.11:10000", `127.0.0.1:${peerPort!}`],
        ["192.168.56.12:10000", `127.0.0.1:${otherPort!}`],
        ...[0, 1, 2].map((index): Replacement => [
          `192.168.56.2${index + 1}:1883`,
          addressOf(index),
        ]),
      ],
    );
    await expectRelayed(port!, [4, 4, 4]);
    expect(await answerTo(port!, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("");
  });

  function clusterNames(): Replacement[] {
    return brokers.map((broker, index) => clusterName(index, 1883, broker.port));
  }
});

/** The name of a broker in the EMQX files, and where it is in the test. */
function clusterName(index: number, port: number, movedTo: number): Replacement {
  return [`emqx${index + 1}-cluster.emqx.io:${port}`, `127.0.0.1:${movedTo}`];
}

/** A message to itself makes the whole way to the broker and back. */
async function expectEcho(device: MqttClient, byteCount = 20_000): Promise<void> {
  const topic = `echo/${device.options.clientId!}`;
  const payload = Buffer.alloc(byteCount, "x");
  const received = new Promise<Buffer>((resolve) => {
    device.once("message", (_, message) => resolve(message));
  });
  await device.subscribeAsync(topic, { qos: 1 });
  await device.publishAsync(topic, payload, { qos: 1 });
  expect(payload.equals(await received)).toBe(true);
}

function localPortOf(device: MqttClient): number | undefined {
  return (device.stream as net.Socket).localPort;
}

/** What comes back until the other side closes. */
async function answerTo(port: number, request: string): Promise<string> {
  const socket = net.connect(port, "127.0.0.1").setEncoding("utf8");
  let answer = "";
  socket.on("data", (text) => (answer += String(text)));
  socket.on("error", () => undefined);
  socket.write(request);
  await new Promise((resolve) => socket.once("close", resolve));
  return answer;
}
