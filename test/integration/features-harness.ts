// What the feature suites share: servers that tell who they are and keep what they got, and
// clients that tell what became of them. The balancer between them is the built program.
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { endLater } from "../support/cleanup.ts";
import { startHaproxy } from "../support/haproxy.ts";
import type { RunningProcess } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";

/** Timeouts that no test runs into, unless it says so in its own sections. */
export const DEFAULTS = `defaults
  mode tcp
  retries 1
  timeout connect 5s
  timeout client 20s
  timeout server 20s
  timeout queue 5s
`;

/** One connection as a server sees it. */
export interface Visit {
  readonly socket: net.Socket;
  /** Everything received so far, latin1. */
  received(): string;
}

/** A server of a test. */
export interface FeatureServer {
  readonly port: number;
  readonly visits: Visit[];
  /** The `index`-th connection, once it is there. */
  visit(index: number): Promise<Visit>;
  stop(): void;
}

/** How a server behaves. */
export interface ServerOptions {
  /** Sent as soon as a connection is there. */
  readonly greeting?: string;
  /** Sends back what it gets. */
  readonly echoes?: boolean;
  readonly listen?: net.ListenOptions;
  /** Speaks TLS. */
  readonly tls?: tls.TlsOptions;
  /** Keeps its own side open when the client has ended. */
  readonly allowHalfOpen?: boolean;
}

/** Starts a server on a free port of 127.0.0.1 unless told otherwise. */
export async function startServer(options: ServerOptions = {}): Promise<FeatureServer> {
  const visits: Visit[] = [];
  const onConnection = (socket: net.Socket): void => {
    const chunks: Buffer[] = [];
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (options.echoes === true) socket.write(chunk);
    });
    if (options.greeting !== undefined) socket.write(options.greeting);
    visits.push({ socket, received: () => Buffer.concat(chunks).toString("latin1") });
  };
  const allowHalfOpen = options.allowHalfOpen ?? false;
  const server =
    options.tls === undefined
      ? net.createServer({ allowHalfOpen }, onConnection)
      : tls.createServer({ ...options.tls, allowHalfOpen }, onConnection);
  server.on("tlsClientError", () => undefined);
  server.listen(options.listen ?? { port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const stop = (): void => {
    server.close();
    for (const { socket } of visits) socket.destroy();
  };
  endLater(stop);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    visits,
    visit: (index) => waitFor(() => visits[index], { what: `connection ${index} at the server` }),
    stop,
  };
}

/** A connection as a client sees it. */
export interface Client<S extends net.Socket = net.Socket> {
  readonly socket: S;
  /** Everything received so far, latin1. */
  received(): string;
  /** Waits for bytes that match. */
  gets(pattern: RegExp | string): Promise<string>;
  /** How it ended: `end`, or an error's code. Resolves once it is closed. */
  readonly ended: Promise<string>;
}

/** Connects to a port of 127.0.0.1 or wherever told. */
export function openClient(to: number | net.NetConnectOpts): Client {
  const options = typeof to === "number" ? { host: "127.0.0.1", port: to } : to;
  return asClient(net.connect({ noDelay: true, ...options }));
}

/** Connects with TLS; certificates are not verified unless asked for. */
export function openTlsClient(
  port: number,
  options: tls.ConnectionOptions = {},
): Client<tls.TLSSocket> {
  const target = { host: "127.0.0.1", port, rejectUnauthorized: false };
  return asClient(tls.connect({ ...target, ...options }));
}

function asClient<S extends net.Socket>(socket: S): Client<S> {
  const chunks: Buffer[] = [];
  let how = "end";
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    how = error.code ?? error.message;
  });
  const ended = new Promise<string>((resolve) => socket.once("close", () => resolve(how)));
  endLater(() => void socket.destroy());
  const received = (): string => Buffer.concat(chunks).toString("latin1");
  return {
    socket,
    received,
    ended,
    async gets(pattern) {
      const expression = typeof pattern === "string" ? new RegExp(pattern) : pattern;
      await waitFor(() => expression.test(received()) || socket.closed, {
        what: () => `bytes matching ${String(expression)}, got "${received()}"`,
        intervalMs: 2,
      });
      return received();
    },
  };
}

/** Who greets a client that comes: the first bytes, or how it ends without any. */
export async function greeting(client: Client): Promise<string> {
  const name = await client.gets(/./s);
  client.socket.destroy();
  return name === "" ? `closed: ${await client.ended}` : name;
}

/** A program under test and why it cannot be tested here, if so. */
export interface Program {
  readonly name: string;
  readonly isMissing: boolean;
  /** Starts it with a configuration, ready to serve. */
  readonly start: (config: string) => Promise<RunningProcess>;
}

/** The balancer, and HAProxy to show that the same is expected of both. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "tandem",
    isMissing: false,
    start: async (config) => (await startTandem({ config })).process,
  },
  {
    name: `HAProxy${skipNote("haproxy")}`,
    isMissing: !has("haproxy"),
    start: async (config) => (await startHaproxy({ config })).process,
  },
];
