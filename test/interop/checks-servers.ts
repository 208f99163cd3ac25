// Servers that behave in one scripted way, for checks to find out.
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { endLater } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";

/** What a server does with a connection; `count` is the connection's number, from 0. */
export type Behaviour = (socket: Socket, count: number) => void;

/** Listens on a free port of the loopback until the test ends. */
export async function serve(
  behave: Behaviour,
  tls?: { readonly key: string; readonly cert: string },
): Promise<number> {
  const sockets = new Set<Socket>();
  let count = 0;
  const accept = (socket: Socket): void => {
    socket.on("error", () => undefined);
    behave(socket, count);
    count += 1;
  };
  const server: Server =
    tls === undefined ? createServer(accept) : createTlsServer({ ...tls }, accept);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endLater(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

function http(status: string, body = "body"): Behaviour {
  return (socket) => {
    socket.once("data", () => {
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nX-A: one\r\n\r\n${body}`);
    });
  };
}

function afterData(text: string): Behaviour {
  return (socket) => {
    socket.once("data", () => socket.end(text));
  };
}

/** Plain behaviours by the name that scenarios use. `refuse` and `tls` have none: see `portsOf`. */
const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  silent: (socket) => void socket.resume(),
  close: (socket) => void socket.end(),
  // A reset at once would race with the client's connect: HAProxy then says one thing or another.
  reset: (socket) => void setTimeout(() => socket.resetAndDestroy(), 20),
  resetLater: (socket) => void socket.once("data", () => socket.resetAndDestroy()),
  banner: (socket) => void socket.resume().write("220 hello\r\n"),
  bannerClose: (socket) => void socket.resume().end("220 hello\r\n"),
  big: (socket) => void socket.resume().write("y".repeat(40_000)),
  ok: http("200 OK"),
  found: http("302 Found"),
  missing: http("404 Not Found"),
  broken: http("500 Internal Server Error"),
  empty: http("200 OK", ""),
  garbage: afterData("garbage\r\n\r\n"),
  cut: afterData("HTTP/1.1 200 OK\r\nFoo"),
  mute: afterData(""),
  agentUp: (socket) => void socket.resume().end("up 50% #all fine\n"),
  agentDown: (socket) => void socket.resume().end("down #sick\r\n"),
  agentOdd: (socket) => void socket.resume().end("frobnicate\n"),
  agentWarn: (socket) => void socket.resume().end("maxconn:x\n"),
};

/** Starts one server per behaviour; gives the port of each by name. */
export async function portsOf(tls: {
  readonly key: string;
  readonly cert: string;
}): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>();
  for (const [name, behave] of Object.entries(BEHAVIOURS)) ports.set(name, await serve(behave));
  ports.set("tls", await serve((socket) => void socket.resume(), tls));
  ports.set("tlsOk", await serve(http("200 OK"), tls));
  ports.set("refuse", await freePort());
  return ports;
}
