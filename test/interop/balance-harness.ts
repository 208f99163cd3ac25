// Drives one scenario through the installed HAProxy and through the balancing core in lockstep, and
// notes whom each of them chose. A server of the test sends its name as soon as it is connected.
import { once } from "node:events";
import net from "node:net";
import { BackendBalancer } from "../../src/balance/backend.ts";
import type { AssignRequest, Dispatch } from "../../src/balance/assignment.ts";
import type { ServerState } from "../../src/balance/server.ts";
import { endLater } from "../support/cleanup.ts";
import type { Haproxy } from "../support/haproxy.ts";
import { waitFor } from "../support/wait-for.ts";
import { backendSpec, type ServerTraits } from "../unit/balance/specs.ts";
import type { Scenario, Step } from "./balance-steps.ts";

// QUIRK: HAProxy 2.6 has passed the first bytes on by the time it balances, so that
// `balance hash req.payload(0,0)` hashes nothing and sends everybody to one server.
const INSPECTION = [
  "tcp-request inspect-delay 10s",
  "tcp-request content reject if !{ req.len gt 0 }",
  "tcp-request content set-var(txn.key) req.payload(0,0)",
];

/** Who got what, in order: one line for each connection. */
export interface Outcome {
  readonly haproxy: readonly string[];
  readonly tandem: readonly string[];
}

/** A TCP server on a free port that greets with its name; gives the port. */
export async function startNamedServer(name: string): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.resume();
    socket.write(name);
  });
  endLater(() => new Promise<void>((resolve) => server.close(() => resolve())));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as net.AddressInfo).port;
}

/** The `listen` section of a scenario. */
export function listenSection(
  scenario: Scenario,
  name: string,
  port: number,
  serverPort: (server: string) => number,
): string {
  const { backend } = scenario;
  const { hashType } = backend;
  const lines = [
    `bind 127.0.0.1:${port}`,
    `balance ${backend.algorithm} ${scenario.hashKey ?? ""}`,
    hashType &&
      `hash-type ${hashType.method} ${hashType.function} ${hashType.avalanche ? "avalanche" : ""}`,
    backend.hashBalanceFactor && `hash-balance-factor ${backend.hashBalanceFactor}`,
    backend.fullconn && `fullconn ${backend.fullconn}`,
    backend.redispatch && `option redispatch ${backend.redispatch}`,
    backend.allBackups && "option allbackups",
    ...(scenario.hashKey === "var(txn.key)" ? INSPECTION : []),
    ...backend.servers.map((server) => serverLine(server, serverPort(server.name))),
  ];
  const body = lines.filter((line) => typeof line === "string").map((line) => `  ${line}\n`);
  return `listen ${name}\n${body.join("")}`;
}

/** Puts a scenario through both. */
export async function play(
  scenario: Scenario,
  haproxy: Haproxy,
  proxy: { readonly name: string; readonly port: number },
): Promise<Outcome> {
  const stage = new Stage(scenario, haproxy, proxy);
  try {
    for (const step of scenario.steps) await stage.step(step);
    return { haproxy: stage.haproxyLog, tandem: stage.tandemLog };
  } finally {
    stage.end();
  }
}

/** A connection as the client sees it, and what the core has decided about it. */
interface Visitor {
  readonly socket: net.Socket;
  readonly request: Omit<AssignRequest<number>, "token">;
  server: ServerState | undefined;
}

class Stage {
  readonly haproxyLog: string[] = [];
  readonly tandemLog: string[] = [];
  readonly #balancer: BackendBalancer<number>;
  readonly #visitors = new Map<number, Visitor>();
  readonly #scenario: Scenario;
  readonly #haproxy: Haproxy;
  readonly #proxy: { readonly name: string; readonly port: number };
  #visitorCount = 0;
  /** The core has no clock: every step takes a millisecond. */
  #nowMs = 0;

  constructor(scenario: Scenario, haproxy: Haproxy, proxy: { name: string; port: number }) {
    this.#scenario = scenario;
    this.#haproxy = haproxy;
    this.#proxy = proxy;
    this.#balancer = new BackendBalancer<number>(backendSpec(scenario.backend), () => 0, 0);
  }

  async step(step: Step): Promise<void> {
    this.#nowMs += 1;
    switch (step.kind) {
      case "visit": {
        const id = await this.#open(step);
        if (this.#visitors.get(id)?.server !== undefined) await this.#close(id);
        return;
      }
      case "hold":
        await this.#open(step);
        return;
      case "drop": {
        const served = [...this.#visitors].filter(([, visitor]) => visitor.server !== undefined);
        const picked = served[step.rank % Math.max(1, served.length)];
        if (picked !== undefined) await this.#close(picked[0]);
        return;
      }
      default:
        await this.#administer(step);
    }
  }

  end(): void {
    for (const { socket } of this.#visitors.values()) socket.destroy();
  }

  async #open(step: { readonly from?: string; readonly key?: string }): Promise<number> {
    const id = this.#visitorCount++;
    const from = step.from ?? "127.0.0.1";
    const sourceIp = Uint8Array.from(from.split(".").map(Number));
    const hashKey = step.key === undefined ? sourceIp : Buffer.from(step.key);
    const socket = net.connect({ host: "127.0.0.1", port: this.#proxy.port, localAddress: from });
    await once(socket, "connect");
    if (step.key !== undefined) socket.write(step.key);
    const visitor: Visitor = { socket, request: { sourceIp, hashKey }, server: undefined };
    this.#visitors.set(id, visitor);
    const isServed = this.#assign(id, visitor, undefined);
    if (isServed) await this.#greet(id, visitor);
    else await this.#waitForQueue();
    return id;
  }

  /** Asks the core; a dead server makes it ask again, as HAProxy's session does. */
  #assign(token: number, visitor: Visitor, avoid: ServerState | undefined): boolean {
    const assignment = this.#balancer.assign({ ...visitor.request, token, avoid }, this.#nowMs);
    if (assignment.kind !== "server") return false;
    const { server } = assignment;
    if (this.#scenario.dead?.includes(server.name) === true) {
      this.#take(this.#balancer.release(server, this.#nowMs));
      return this.#assign(token, visitor, server);
    }
    visitor.server = server;
    return true;
  }

  async #close(id: number): Promise<void> {
    const visitor = this.#visitors.get(id);
    if (visitor?.server === undefined) return;
    this.#visitors.delete(id);
    const granted = this.#balancer.release(visitor.server, this.#nowMs);
    // The close comes back once HAProxy has closed the server's side and given the slot back.
    visitor.socket.resume();
    visitor.socket.end();
    await once(visitor.socket, "close");
    await this.#greetAll(granted);
  }

  async #administer(step: Exclude<Step, { kind: "visit" | "hold" | "drop" }>): Promise<void> {
    const server = this.#balancer.find(step.server)!;
    const target = `${this.#proxy.name}/${step.server}`;
    let command: string;
    let granted: readonly Dispatch<number>[];
    if (step.kind === "state") {
      command = `set server ${target} state ${step.state}`;
      granted = this.#balancer.setAdmin(server, step.state, this.#nowMs).dispatched;
    } else if (step.kind === "weight") {
      command = `set server ${target} weight ${step.weight}`;
      const change = { kind: "absolute", weight: step.weight } as const;
      granted = this.#balancer.setWeight(server, change, this.#nowMs).dispatched;
    } else {
      command = `set maxconn server ${target} ${step.maxconn}`;
      granted = this.#balancer.setMaxconn(server, step.maxconn, this.#nowMs).dispatched;
    }
    const answer = (await this.#haproxy.command(command)).trim();
    if (answer !== "") throw new Error(`HAProxy answers "${answer}" to "${command}"`);
    await this.#greetAll(granted);
  }

  #take(granted: readonly Dispatch<number>[]): void {
    for (const { token, server } of granted) this.#visitors.get(token)!.server = server;
  }

  async #greetAll(granted: readonly Dispatch<number>[]): Promise<void> {
    this.#take(granted);
    for (const { token } of granted) await this.#greet(token, this.#visitors.get(token)!);
  }

  /** Notes whom both have chosen. */
  async #greet(id: number, visitor: Visitor): Promise<void> {
    const name = await readName(visitor.socket);
    this.haproxyLog.push(`${id}: ${name}`);
    this.tandemLog.push(`${id}: ${visitor.server?.name ?? "none"}`);
  }

  /** Waits until HAProxy has as many waiting as the core says. */
  async #waitForQueue(): Promise<void> {
    const wanted = this.#balancer.counts().queuedTotal;
    await waitFor(async () => (await this.#queueLength()) === wanted, {
      what: `${wanted} in the queues of ${this.#scenario.name}`,
      intervalMs: 2,
      timeoutMs: 20_000,
    });
  }

  async #queueLength(): Promise<number> {
    const stats = await this.#haproxy.command(`show stat ${this.#proxy.name} 6 -1`);
    const rows = stats.split("\n").filter((row) => row !== "" && !row.startsWith("#"));
    return rows.reduce((sum, row) => sum + Number(row.split(",")[2] ?? 0), 0);
  }
}

function serverLine(server: ServerTraits, port: number): string {
  const words = Object.entries(server).map(([key, value]) => {
    if (typeof value === "number") return `${key} ${value}`;
    return value === true ? key : "";
  });
  return `server ${server.name} 127.0.0.1:${port} ${words.join(" ")}`;
}

async function readName(socket: net.Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("No server answers within 20 s")), 20_000);
    const settle = (name: string): void => {
      clearTimeout(timer);
      resolve(name);
    };
    socket.once("data", (bytes: Buffer) => settle(bytes.toString("latin1")));
    socket.once("close", () => settle("closed"));
    socket.once("error", () => settle("reset"));
  });
}
