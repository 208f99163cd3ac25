import mqtt, { type MqttClient } from "mqtt";
import { NAME_TOPIC } from "./topics.ts";

/** How long a device waits before it calls again, ms. */
export const RECONNECT_MS = 100;

/** One MQTT client that comes back by itself, and knows which broker it is connected to. */
export class Device {
  readonly name: string;
  readonly #client: MqttClient;
  readonly #onChange: (device: Device) => void;
  #broker: string | undefined;
  #connects = 0;

  constructor(name: string, port: number, onChange: (device: Device) => void) {
    this.name = name;
    this.#onChange = onChange;
    this.#client = mqtt.connect({
      host: "127.0.0.1",
      port,
      clientId: name,
      clean: false,
      reconnectPeriod: RECONNECT_MS,
      resubscribe: false,
    });
    this.#client.on("connect", () => this.#client.subscribe(NAME_TOPIC));
    this.#client.on("message", (_topic, payload) => {
      this.#connects += 1;
      this.#become(payload.toString());
    });
    this.#client.on("close", () => this.#become(undefined));
    // A refused connection is followed by the next attempt; there is nothing else to do.
    this.#client.on("error", () => undefined);
  }

  /** The broker that serves it; `undefined` while it is not connected. */
  get broker(): string | undefined {
    return this.#broker;
  }

  /** How often it has been connected. */
  get connects(): number {
    return this.#connects;
  }

  /** Loses its network, as radio devices do: no DISCONNECT. It comes back by itself. */
  dropNetwork(): void {
    this.#client.stream.destroy();
  }

  #become(broker: string | undefined): void {
    if (this.#broker === broker) return;
    this.#broker = broker;
    this.#onChange(this);
  }
}
