// MQTT clients in numbers, and the knowledge of which broker has which of them.
import { randomInt } from "node:crypto";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { endLater } from "../support/cleanup.ts";
import type { Broker } from "../support/mosquitto.ts";
import { waitFor } from "../support/wait-for.ts";

/** Connected clients by client identifier. */
export type Devices = ReadonlyMap<string, MqttClient>;

/** Client identifiers `<prefix>-0`, `<prefix>-1`... */
export function deviceIds(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** MQTT by the names of its versions, as mqtt.js wants it. */
export const VERSIONS = [
  ["3.1", { protocolId: "MQIsdp", protocolVersion: 3 }],
  ["3.1.1", { protocolVersion: 4 }],
  ["5", { protocolVersion: 5 }],
] as const;

/** Connects one client; rejects when it gets no CONNACK. It does not come back by itself. */
export async function connectDevice(
  port: number,
  clientId: string,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const client = mqtt.connect({
    host: "127.0.0.1",
    port,
    clientId,
    reconnectPeriod: 0,
    connectTimeout: 10_000,
    ...options,
  });
  endLater(() => void client.end(true));
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
    client.once("close", () => reject(new Error(`${clientId} was closed before its CONNACK`)));
  });
  client.on("error", () => undefined);
  return client;
}

/** What mqtt.js makes of a connect: the code of the CONNACK and the reason in it, or `closed`. */
export async function refusalOf(port: number, options: IClientOptions): Promise<string> {
  const client = mqtt.connect({
    host: "127.0.0.1",
    port,
    clientId: `d${randomInt(2 ** 40)}`,
    reconnectPeriod: 0,
    rejectUnauthorized: false,
    ...options,
  });
  endLater(() => void client.end(true));
  return new Promise((resolve) => {
    client.once("packetreceive", (packet) => {
      if (packet.cmd !== "connack") return;
      const reason = packet.properties?.reasonString;
      const code = packet.reasonCode ?? packet.returnCode ?? -1;
      resolve(reason === undefined ? String(code) : `${code} ${reason}`);
    });
    client.once("error", () => undefined);
    client.once("close", () => resolve("closed"));
  });
}

/** Connects clients, all at the same time. */
export async function connectDevices(
  port: number,
  ids: readonly string[],
  options: IClientOptions = {},
): Promise<Devices> {
  const connecting = ids.map(async (id) => [id, await connectDevice(port, id, options)] as const);
  return new Map(await Promise.all(connecting));
}

/** Disconnects clients by DISCONNECT. */
export async function disconnectDevices(devices: Devices): Promise<void> {
  await Promise.all([...devices.values()].map((client) => client.endAsync()));
}

/** Every client sends a message and waits for its acknowledgement; rejects if one cannot. */
export async function publishFromAll(devices: Devices): Promise<void> {
  const publishing = [...devices].map(([id, client]) =>
    client.publishAsync(`devices/${id}`, "alive", { qos: 1 }),
  );
  await Promise.all(publishing);
}

/** Reads from the brokers' logs which of them took which client. */
export class Placements {
  readonly #brokers: readonly Broker[];
  #marks: readonly number[];

  constructor(brokers: readonly Broker[]) {
    this.#brokers = brokers;
    this.#marks = brokers.map((broker) => broker.output().length);
  }

  /** Forgets what has been before. */
  mark(): void {
    this.#marks = this.#brokers.map((broker) => broker.output().length);
  }

  /** The index of each client's broker since the last mark, once all of them have one. */
  async of(ids: Iterable<string>): Promise<ReadonlyMap<string, number>> {
    const wanted = [...ids];
    return waitFor(
      () => {
        const found = this.#read();
        return wanted.every((id) => found.has(id)) && found;
      },
      { what: () => `${wanted.length} clients at their brokers, found ${this.#read().size}` },
    );
  }

  /** How many of these clients each broker has taken since the last mark, once all have one. */
  async counts(ids: readonly string[]): Promise<number[]> {
    const placed = await this.of(ids);
    return this.#brokers.map((_, index) => ids.filter((id) => placed.get(id) === index).length);
  }

  #read(): Map<string, number> {
    const found = new Map<string, number>();
    this.#brokers.forEach((broker, index) => {
      const text = broker.output().slice(this.#marks[index]);
      for (const [, id] of text.matchAll(/New client connected from \S+ as (\S+) /g)) {
        found.set(id!, index);
      }
    });
    return found;
  }
}
