// HAProxy and Tandem with the same file and the same servers, and what their statistics pages say.
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { endLater } from "../support/cleanup.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";

/** An answer of a statistics page. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** One of the two, at work. */
export interface Side {
  readonly name: "HAProxy" | "Tandem";
  /** Ports of its listeners, as many as were asked for. */
  readonly ports: readonly number[];
}

/** Starts both with `config`, which gets the ports that each side listens on. */
export async function startBoth(
  portCount: number,
  config: (ports: readonly number[]) => string,
): Promise<readonly [Side, Side]> {
  const ports = await freePorts(2 * portCount);
  const ofHaproxy = ports.slice(0, portCount);
  const ofTandem = ports.slice(portCount);
  await startHaproxy({ config: config(ofHaproxy) });
  // HAProxy's own statistics socket takes the first number of a proxy.
  const socket = path.join(tempDir(), "stats.sock");
  await startTandem({
    config: `global\n  stats socket ${socket}\n${config(ofTandem)}`,
    // On a machine that is busy a program takes its time to start.
    readyTimeoutMs: 20_000,
  });
  return [
    { name: "HAProxy", ports: ofHaproxy },
    { name: "Tandem", ports: ofTandem },
  ];
}

/** Sends one request on a connection of its own. */
export async function request(
  port: number,
  target: string,
  options: http.RequestOptions = {},
  body?: string,
): Promise<PageAnswer> {
  return new Promise((resolve, reject) => {
    const sent = http.request(
      { host: "127.0.0.1", port, path: target, agent: false, ...options },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => (text += part));
        answer.on("error", reject);
        answer.on("end", () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Rows of a CSV text by `proxy/server`; each row by column name. */
export function parseCsv(text: string): Map<string, Map<string, string>> {
  const [header, ...lines] = text.trimEnd().split("\n");
  const names = header!.slice(2).split(",");
  return new Map(
    lines.map((line) => {
      const cells = splitCells(line);
      return [
        `${cells[0]!}/${cells[1]!}`,
        new Map(names.map((name, index) => [name, cells[index] ?? ""])),
      ];
    }),
  );
}

function splitCells(line: string): string[] {
  const cells: string[] = [];
  for (const match of line.matchAll(/("(?:[^"]|"")*"|[^,]*),/g)) {
    const cell = match[1]!;
    cells.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
  }
  return cells;
}

/** A server that sends everything back, and ends or resets when it is told to; its port. */
export async function startEcho(): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      if (text.includes("end")) socket.end(text);
      else if (text.includes("reset")) socket.resetAndDestroy();
      else socket.write(bytes);
    });
  });
  endLater(async () => {
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as net.AddressInfo).port;
}

/** A client that has sent `text` and got it back. */
export async function exchange(port: number, text: string): Promise<net.Socket> {
  const socket = connect(port);
  socket.write(text);
  let echo = "";
  await new Promise<void>((resolve, reject) => {
    socket.on("data", (part) => {
      echo += part.toString("latin1");
      if (echo.length >= text.length) resolve();
    });
    socket.on("close", () => reject(new Error(`closed after "${echo}"`)));
  });
  return socket;
}

/** A client that ends in order, and waits until the other side has, too. */
export async function finish(socket: net.Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.resume();
    socket.end();
  });
}

/** A client that sends `text` and waits until it is thrown out. */
export async function beRefused(port: number, text: string): Promise<void> {
  const socket = connect(port);
  socket.on("error", () => undefined);
  socket.resume();
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    if (text !== "") socket.write(text);
  });
}

/** A client that is there and ends with the test. */
export function connect(port: number): net.Socket {
  const socket = net.connect(port, "127.0.0.1");
  endLater(() => void socket.destroy());
  socket.on("error", () => undefined);
  return socket;
}
