import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { LogTarget } from "../../src/config/model/log.ts";
import { FdSink } from "../../src/io/log/fd-sink.ts";
import { LogSinks } from "../../src/io/log/sinks.ts";
import { LOG_DATAGRAMS_PENDING_MAX, LOG_FD_BYTES_MAX } from "../../src/limits.ts";
import { endLater } from "../support/cleanup.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

function startSinks(): { sinks: LogSinks; warnings: string[] } {
  const warnings: string[] = [];
  const sinks = new LogSinks((message) => warnings.push(message));
  endLater(() => sinks.close());
  return { sinks, warnings };
}

function send(sinks: LogSinks, target: LogTarget["target"], text: string): void {
  const whole: LogTarget = {
    target,
    lengthMax: 1024,
    format: "raw",
    facility: "local0",
    levelMax: "debug",
    levelMin: "emerg",
    position: { file: "x", line: 1 },
  };
  sinks.send({ target: whole, bytes: Buffer.from(text) });
}

describe("LogSinks over UDP", () => {
  async function startServer(): Promise<{ port: number; received: string[] }> {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    const received: string[] = [];
    socket.on("message", (bytes) => received.push(bytes.toString()));
    await once(socket, "listening");
    endLater(() => void socket.close());
    return { port: socket.address().port, received };
  }

  test("sends one datagram a line, in order", async () => {
    const { port, received } = await startServer();
    const { sinks } = startSinks();
    const target = { kind: "udp", host: "127.0.0.1", port } as const;
    for (const text of ["a\n", "b\n", "c\n"]) send(sinks, target, text);
    await waitFor(() => received.length === 3);
    expect(received).toEqual(["a\n", "b\n", "c\n"]);
  });

  test("drops and counts what exceeds the bound, and warns once", async () => {
    const { port } = await startServer();
    const { sinks, warnings } = startSinks();
    for (let count = 0; count < LOG_DATAGRAMS_PENDING_MAX + 5; count++) {
      send(sinks, { kind: "udp", host: "127.0.0.1", port }, "x");
    }
    await sinks.flush();
    expect(sinks.droppedCount).toBe(5);
    expect(warnings).toHaveLength(1);
  });

  test("survives a name that does not resolve", async () => {
    const { sinks, warnings } = startSinks();
    send(sinks, { kind: "udp", host: "nobody.invalid", port: 514 }, "x");
    await sinks.flush();
    expect(sinks.droppedCount).toBe(1);
    expect(warnings[0]).toContain("log lines to nobody.invalid:514 are lost");
  });
});

interface TestDatagramSocket {
  bind(path: string): void;
  close(): void;
}
type CreateSocket = (type: "unix_dgram", onMessage: (bytes: Buffer) => void) => TestDatagramSocket;

const createUnix = loadUnixDgram();

function loadUnixDgram(): CreateSocket | undefined {
  try {
    const module = createRequire(import.meta.url)("unix-dgram") as { createSocket: CreateSocket };
    return module.createSocket;
  } catch {
    return undefined;
  }
}

describe.skipIf(createUnix === undefined)("LogSinks over unix datagrams (needs unix-dgram)", () => {
  test("goes on when the log daemon comes back with a socket of its own", async () => {
    const file = path.join(tempDir(), "log");
    const { sinks, warnings } = startSinks();
    const target = { kind: "unix", path: file } as const;
    send(sinks, target, "lost");
    expect(sinks.droppedCount).toBe(1);
    expect(warnings).toHaveLength(1);
    for (const round of ["one", "two"]) {
      const received: string[] = [];
      const server = createUnix!("unix_dgram", (bytes) => received.push(bytes.toString()));
      server.bind(file);
      send(sinks, target, round);
      await waitFor(() => received.length > 0);
      expect(received).toEqual([round]);
      server.close();
      rmSync(file, { force: true });
    }
  });
});

describe("FdSink", () => {
  test("writes all lines in order", async () => {
    const file = path.join(tempDir(), "out");
    const fd = openSync(file, "w");
    const sink = new FdSink(fd, () => undefined);
    const lines = Array.from({ length: 500 }, (_, index) => `${index}\n`);
    for (const line of lines) sink.write(Buffer.from(line));
    await sink.flush();
    closeSync(fd);
    expect(readFileSync(file, "utf8")).toBe(lines.join(""));
  });

  test("drops and counts beyond its bound and for a closed descriptor", async () => {
    const fd = openSync("/dev/null", "w");
    const warnings: string[] = [];
    const sink = new FdSink(fd, (message) => warnings.push(message));
    sink.write(Buffer.alloc(LOG_FD_BYTES_MAX + 1));
    expect(sink.droppedCount).toBe(1);
    closeSync(fd);
    const broken = new FdSink(fd, (message) => warnings.push(message));
    broken.write(Buffer.from("x\n"));
    await broken.flush();
    expect(broken.droppedCount).toBe(1);
    expect(warnings).toHaveLength(2);
  });

  test("waits for a slow reader of a full pipe and loses nothing", async () => {
    const reader = spawn("cat", [], { stdio: ["pipe", "pipe", "ignore"] });
    endLater(() => void reader.kill("SIGKILL"));
    const fd = (reader.stdin as unknown as { _handle: { fd: number } })._handle.fd;
    const sink = new FdSink(fd, () => undefined);
    const text = "x".repeat(512 * 1024);
    sink.write(Buffer.from(text));
    let count = 0;
    reader.stdout.on("data", (chunk: Buffer) => (count += chunk.length));
    await waitFor(() => count === text.length);
    await sink.flush();
    expect(sink.droppedCount).toBe(0);
  });
});
