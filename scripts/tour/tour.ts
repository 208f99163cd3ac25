import type { ChildProcess } from "node:child_process";
import { killHard, startBroker } from "./children.ts";
import type { BrokerAddress } from "./configuration.ts";
import { Device } from "./device.ts";
import { Screen, type Picture } from "./screen.ts";
import { holds } from "./wait.ts";

const CONNECT_TIMEOUT_MS = 10_000;

/** The brokers and devices of the tour, and the screen that follows them. */
export class Tour {
  readonly screen: Screen;
  readonly devices: Device[] = [];
  readonly #port: number;
  readonly #addresses: readonly BrokerAddress[];
  readonly #processes = new Map<string, ChildProcess>();

  constructor(port: number, addresses: readonly BrokerAddress[]) {
    this.#port = port;
    this.#addresses = addresses;
    this.screen = new Screen(process.stdout, () => this.#picture());
  }

  /** Starts every broker. */
  async startBrokers(): Promise<void> {
    await Promise.all(this.#addresses.map((address) => this.startBroker(address.name)));
  }

  /** Starts a broker, for the first time or again on its port. */
  async startBroker(name: string): Promise<void> {
    const address = this.#addresses.find((candidate) => candidate.name === name)!;
    this.#processes.set(name, await startBroker(address));
    this.screen.refresh();
  }

  /** Ends a broker without a word to anybody. */
  async killBroker(name: string): Promise<void> {
    const child = this.#processes.get(name)!;
    this.#processes.delete(name);
    await killHard(child);
    this.screen.refresh();
  }

  /** Adds devices one after another, as real ones come. */
  async addDevices(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const device = new Device(name, this.#port, (changed) => this.#onDevice(changed));
      this.devices.push(device);
      const connected = await holds(() => device.broker !== undefined, CONNECT_TIMEOUT_MS);
      if (!connected) throw new Error(`${name} could not connect to port ${this.#port}`);
    }
  }

  /** The devices that a broker serves. */
  on(broker: string): Device[] {
    return this.devices.filter((device) => device.broker === broker);
  }

  #onDevice(device: Device): void {
    if (process.stdout.isTTY) this.screen.refresh();
    else if (device.broker === undefined) this.screen.say(`  ${device.name} is off`);
    else this.screen.say(`  ${device.name} -> ${device.broker}`);
  }

  #picture(): Picture {
    const names = (devices: readonly Device[]): string[] => devices.map((device) => device.name);
    return {
      brokers: this.#addresses.map(({ name, port }) => ({
        ...{ name, port, isAlive: this.#processes.has(name) },
        devices: names(this.on(name)),
      })),
      connecting: names(this.devices.filter((device) => device.broker === undefined)),
    };
  }
}
