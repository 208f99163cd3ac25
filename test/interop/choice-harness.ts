// Leads the same visitors through a HAProxy and a Tandem that run beside each other with the same
// configuration but for the ports, and notes which server greeted whom.
import { once } from "node:events";
import net from "node:net";
import { endLater } from "../support/cleanup.ts";

/** One thing that happens; visitors are numbered in the order they come. */
export type ChoiceStep =
  /** Comes, is greeted and leaves. */
  | ({ readonly kind: "visit" } & Arrival)
  /** Comes, is greeted and stays. */
  | ({ readonly kind: "hold" } & Arrival)
  /** Comes and is not greeted: all servers are full. */
  | ({ readonly kind: "queue" } & Arrival)
  /** The `rank`-th of those who stay leaves; whoever has waited longest is greeted then. */
  | { readonly kind: "drop"; readonly rank: number }
  /** A server stops listening, or listens again. */
  | { readonly kind: "server"; readonly name: string; readonly listens: boolean };

/** How a visitor comes. */
export interface Arrival {
  /** An address of 127.0.0.0/8. */
  readonly from?: string;
  /** What it sends first. */
  readonly send?: Buffer;
  /** The second port of the scenario. */
  readonly secondPort?: boolean;
}

/** The ports of a scenario in one of the two processes. */
export interface ScenarioPorts {
  readonly first: number;
  readonly second: number;
}

/** A TCP server that greets with its name, and that can be stopped and started again. */
export class NamedServer {
  readonly name: string;
  port = 0;
  #server: net.Server | undefined;

  constructor(name: string) {
    this.name = name;
    endLater(() => this.listens(false));
  }

  /** Listens, at the same port each time, or refuses. */
  async listens(isWanted: boolean): Promise<void> {
    if (!isWanted) {
      this.#server?.close();
      this.#server = undefined;
      return;
    }
    if (this.#server !== undefined) return;
    this.#server = net.createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.resume();
      socket.write(this.name);
    });
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = (this.#server.address() as net.AddressInfo).port;
  }
}

interface Visitor {
  readonly id: number;
  readonly socket: net.Socket;
  readonly greeting: Promise<string>;
}

/**
 * Plays the steps in one process; who was greeted by whom, in order. `settled` waits until the process
 * has given back the slot of a visitor who has left, and counts so many others.
 */
export async function playChoices(
  steps: readonly ChoiceStep[],
  ports: ScenarioPorts,
  setServer: (name: string, listens: boolean) => Promise<void>,
  settled: (visitorCount: number) => Promise<unknown>,
): Promise<string[]> {
  const log: string[] = [];
  const staying: Visitor[] = [];
  const waiting: Visitor[] = [];
  let count = 0;
  const greet = async (visitor: Visitor): Promise<void> => {
    log.push(`${visitor.id}: ${await visitor.greeting}`);
  };
  try {
    for (const step of steps) {
      if (step.kind === "server") {
        await setServer(step.name, step.listens);
      } else if (step.kind === "drop") {
        const [leaver] = staying.splice(step.rank % staying.length, 1);
        await leave(leaver!);
        await settled(staying.length + waiting.length);
        const lucky = await firstGreeted(waiting);
        if (lucky === undefined) continue;
        waiting.splice(waiting.indexOf(lucky), 1);
        staying.push(lucky);
        await greet(lucky);
      } else {
        const visitor = await arrive(count, step, ports);
        count += 1;
        (step.kind === "queue" ? waiting : staying).push(visitor);
        if (step.kind === "queue") continue;
        await greet(visitor);
        if (step.kind !== "visit") continue;
        await leave(staying.pop()!);
        await settled(staying.length + waiting.length);
      }
    }
    return log;
  } finally {
    for (const { socket } of [...staying, ...waiting]) socket.destroy();
  }
}

async function arrive(id: number, arrival: Arrival, ports: ScenarioPorts): Promise<Visitor> {
  const socket = net.connect({
    host: "127.0.0.1",
    port: arrival.secondPort === true ? ports.second : ports.first,
    localAddress: arrival.from ?? "127.0.0.1",
    noDelay: true,
  });
  const greeting = new Promise<string>((resolve) => {
    const timer = setTimeout(() => resolve("nobody within 10 s"), 10_000);
    const settle = (name: string): void => {
      clearTimeout(timer);
      resolve(name);
    };
    socket.once("data", (bytes: Buffer) => settle(bytes.toString("latin1")));
    socket.once("error", () => settle("refused"));
    socket.once("close", () => settle("refused"));
  });
  await Promise.race([once(socket, "connect"), greeting]);
  if (arrival.send !== undefined) socket.write(arrival.send);
  return { id, socket, greeting };
}

/** The close comes back once the proxy has closed the server's side. */
async function leave({ socket }: Visitor): Promise<void> {
  if (socket.closed) return;
  socket.resume();
  socket.end();
  await once(socket, "close");
}

async function firstGreeted(waiting: readonly Visitor[]): Promise<Visitor | undefined> {
  if (waiting.length === 0) return undefined;
  return Promise.race(waiting.map((visitor) => visitor.greeting.then(() => visitor)));
}
