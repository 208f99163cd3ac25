// A balancer with brokers, a dashboard and devices, to be looked at in a browser.
import { connect, createServer, type Socket } from "node:net";
import mqttPacket from "mqtt-packet";
import { endLater } from "../support/cleanup.ts";
import { freePorts } from "../support/ports.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";

/** What is started. */
export interface Scene {
  readonly url: string;
  readonly mqttPort: number;
  readonly tandem: Tandem;
  /** Connects a device; resolves when the broker has answered. */
  device(clientId: string): Promise<Socket>;
}

/** How it is to be. */
export interface SceneSettings {
  readonly brokerCount?: number;
  /** Where a broker listens; without it one is started. */
  readonly brokerPort?: number;
  /** Lines of the page's section. */
  readonly page?: readonly string[];
  /** Of the balancer's process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts brokers that say CONNACK and echo, and a balancer before them. */
export async function startScene(settings: SceneSettings = {}): Promise<Scene> {
  const { brokerCount = 2, page = ["stats admin if TRUE"], env = {} } = settings;
  const brokerPort = settings.brokerPort ?? (await startBroker());
  const [mqttPort, pagePort] = (await freePorts(2)) as [number, number];
  const servers = Array.from(
    { length: brokerCount },
    (_, index) => `server broker${index + 1} 127.0.0.1:${brokerPort} check inter 1s`,
  );
  const config = `
defaults
  timeout connect 2s
  timeout client 300s
  timeout server 300s
listen mqtt
  mode tcp
  bind 127.0.0.1:${mqttPort}
  tcp-request inspect-delay 5s
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  stick-table type string len 64 size 100k expire 1h
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  ${servers.join("\n  ")}
listen page
  mode http
  bind 127.0.0.1:${pagePort}
  stats enable
  stats uri /stats
  ${page.join("\n  ")}
`;
  const tandem = await startTandem({ config, env, readyTimeoutMs: 30_000 });
  return {
    url: `http://127.0.0.1:${pagePort}/stats`,
    mqttPort,
    tandem,
    device: (clientId) => connectDevice(mqttPort, clientId),
  };
}

/** One that takes all clients; its port. */
async function startBroker(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.once("data", () => {
      socket.write(Buffer.from([0x20, 2, 0, 0]));
      socket.on("data", (bytes) => socket.write(bytes));
    });
  });
  const [port] = await freePorts(1);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", 4_096, resolve));
  endLater(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return port!;
}

async function connectDevice(port: number, clientId: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  endLater(() => {
    socket.destroy();
  });
  socket.on("error", () => socket.destroy());
  let hasAnswer = false;
  socket.once("data", () => (hasAnswer = true));
  socket.write(
    mqttPacket.generate({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 5,
      clean: true,
      keepalive: 60,
      clientId,
    }),
  );
  await waitFor(() => hasAnswer, { what: () => `a CONNACK for ${JSON.stringify(clientId)}` });
  return socket;
}
