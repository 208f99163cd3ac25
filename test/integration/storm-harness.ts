// Brokers, balancers and devices in processes of their own, for storms of reconnects.
import { fork } from "node:child_process";
import { endLater } from "../support/cleanup.ts";
import { compileProgram } from "../support/compiled.ts";
import { freePorts } from "../support/ports.ts";
import { startTandem } from "../support/tandem.ts";
import type { Arrival } from "./storm-broker.ts";
import type { StormOrder, StormReport } from "./storm-devices.ts";

/** A process that answers each message by one. */
class Worker<Answer> {
  readonly #child: ReturnType<typeof fork>;
  /** What it said when it began. */
  readonly first: Promise<unknown>;

  constructor(program: string) {
    this.#child = fork(program);
    endLater(() => void this.#child.kill("SIGKILL"));
    this.first = this.#next();
  }

  async ask(message: object | string): Promise<Answer> {
    const answer = this.#next();
    this.#child.send(message);
    return (await answer) as Answer;
  }

  #next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#child.once("message", resolve);
      this.#child.once("exit", (code) => reject(new Error(`a program ended with code ${code}`)));
    });
  }
}

/** How many of each there are. */
export interface StormSize {
  readonly brokers: number;
  readonly balancers: number;
  readonly deviceProcesses: number;
  /** `mqtt-connect-rate` of each server, in each balancer. */
  readonly rate: number;
  /** Devices of one balancer. */
  readonly maxconn: number;
}

/** A place where storms can be made. */
export class StormPlace {
  readonly #brokers: readonly Worker<readonly Arrival[]>[];
  readonly #fleets: readonly Worker<StormReport>[];
  readonly #ports: readonly number[];
  readonly brokerPorts: readonly number[];

  private constructor(
    brokers: readonly Worker<readonly Arrival[]>[],
    fleets: readonly Worker<StormReport>[],
    ports: readonly number[],
    brokerPorts: readonly number[],
  ) {
    this.#brokers = brokers;
    this.#fleets = fleets;
    this.#ports = ports;
    this.brokerPorts = brokerPorts;
  }

  /** Starts everything. */
  static async open(size: StormSize): Promise<StormPlace> {
    const brokerProgram = compileProgram("test/integration/storm-broker.ts");
    const fleetProgram = compileProgram("test/integration/storm-devices.ts");
    const brokers = Array.from(
      { length: size.brokers },
      () => new Worker<readonly Arrival[]>(brokerProgram),
    );
    const fleets = Array.from(
      { length: size.deviceProcesses },
      () => new Worker<StormReport>(fleetProgram),
    );
    const brokerPorts = (await Promise.all(brokers.map(({ first }) => first))) as number[];
    await Promise.all(fleets.map(({ first }) => first));
    const ports = await freePorts(size.balancers);
    for (const port of ports) await startTandem({ config: configOf(port, brokerPorts, size) });
    return new StormPlace(brokers, fleets, ports, brokerPorts);
  }

  /** All come; what they say, each process by itself. */
  storm(order: Omit<StormOrder, "ports">): Promise<readonly StormReport[]> {
    return Promise.all(
      this.#fleets.map((fleet, turn) =>
        fleet.ask({
          ...order,
          ports: this.#ports,
          clientIds: order.clientIds.filter((_, index) => index % this.#fleets.length === turn),
        }),
      ),
    );
  }

  async leave(): Promise<void> {
    await Promise.all(this.#fleets.map((fleet) => fleet.ask("leave")));
  }

  /** Who has come to each broker since the last call. */
  arrivals(): Promise<readonly (readonly Arrival[])[]> {
    return Promise.all(this.#brokers.map((broker) => broker.ask("report")));
  }
}

function configOf(port: number, brokers: readonly number[], { rate, maxconn }: StormSize): string {
  return [
    `global\n  maxconn ${maxconn}`,
    "defaults\n  mode tcp\n  timeout connect 20s\n  timeout client 10m\n  timeout server 10m",
    "  timeout queue 5m",
    `listen storm\n  bind 127.0.0.1:${port}\n  option mqtt-refuse`,
    "  tcp-request inspect-delay 2m",
    "  stick-table type string len 64 size 100k expire 1h\n  stick on mqtt.client_id",
    `  mqtt-connect-rate ${rate}/s`,
    ...brokers.map((broker, index) => `  server b${index} 127.0.0.1:${broker}`),
    "",
  ].join("\n");
}
