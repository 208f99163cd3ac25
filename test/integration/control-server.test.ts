// Control sockets under bad input: whatever a client does costs a bounded time and a bounded memory,
// and the others are served meanwhile.
import { existsSync, renameSync, statSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { askControl } from "../../src/base/io/control-client.ts";
import {
  type ControlBounds,
  type ControlCommand,
  startControlServer,
} from "../../src/base/io/control-server.ts";
import { endLater } from "../support/cleanup.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const BOUNDS: ControlBounds = {
  clientsMax: 4,
  commandBytesMax: 256,
  commandMs: 300,
  readMs: 300,
};
const PATIENCE = { answerMs: 5_000, answerBytesMax: 64 * 1024 };

async function serve(
  commands: Readonly<Record<string, ControlCommand>> = { status: () => ({ fine: true }) },
): Promise<string> {
  const file = path.join(tempDir(), "c.sock");
  const server = await startControlServer(file, "test", new Map(Object.entries(commands)), BOUNDS);
  endLater(() => server.close());
  return file;
}

/** A client that does as it likes; its end is awaited. */
class Client {
  readonly socket: net.Socket;
  text = "";
  readonly closed: Promise<void>;

  constructor(file: string) {
    this.socket = net.connect(file);
    this.socket.on("error", () => undefined);
    this.socket.setEncoding("utf8").on("data", (text: string) => (this.text += text));
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
    endLater(() => {
      this.socket.destroy();
    });
  }
}

describe("a control socket", () => {
  test("is for its own user only, and gone with its process", async () => {
    const file = path.join(tempDir(), "deep", "folder", "c.sock");
    const server = await startControlServer(file, "test", new Map(), BOUNDS);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    await server.close();
    expect(existsSync(file)).toBe(false);
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "hello\n"],
    ["a list", "[]\n"],
    ["a number", "1\n"],
    ["no command", "{}\n"],
    ["a command that is none", '{"command":7}\n'],
    ["a name of every object", '{"command":"__proto__"}\n'],
    ["bytes that are no text", "\u0000\u00ff\n"],
    ["a line without an end", '{"command":"status"}'],
    ["a long line", `${"x".repeat(256)}\n`],
    ["a long line without an end", "x".repeat(100_000)],
  ])("refuses %s, and answers the next one", async (_what, text) => {
    const file = await serve();
    const client = new Client(file);
    client.socket.end(text);
    await client.closed;
    expect(JSON.parse(client.text)).toMatchObject({ ok: false });
    expect(await askControl(file, "status", PATIENCE)).toEqual({
      kind: "answer",
      value: { fine: true },
    });
  });

  test("hands a command its arguments, which cannot rename it", async () => {
    const file = await serve({ echo: ({ command, words }) => ({ command, words }) });
    const reply = await askControl(file, "echo", PATIENCE, { words: ["a"], command: "status" });
    expect(reply).toEqual({ kind: "answer", value: { command: "echo", words: ["a"] } });
  });

  test("ends a client that sends its command too slowly, however often it sends", async () => {
    const file = await serve();
    const client = new Client(file);
    const timer = setInterval(() => client.socket.write("x"), 20);
    endLater(() => clearInterval(timer));
    const startMs = performance.now();
    await client.closed;
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(client.text).toBe("");
  });

  test("ends a client that does not read its answer", async () => {
    const large = "x".repeat(4 * 1024 * 1024);
    const file = await serve({ status: () => ({ large }) });
    const client = net.connect({ path: file });
    client.on("error", () => undefined);
    client.pause();
    const server = new Promise((resolve) => client.once("close", resolve));
    client.write('{"command":"status"}\n');
    // Nothing is read until the other end has given up: what comes then is not the whole.
    await waitFor(async () => {
      const replies = await Promise.all([1, 2, 3, 4].map(() => askControl(file, "none", PATIENCE)));
      return replies.every(({ kind }) => kind === "answer");
    });
    let byteCount = 0;
    client.on("data", (chunk: Buffer) => (byteCount += chunk.length));
    client.resume();
    await server;
    expect(byteCount).toBeLessThan(large.length);
  });

  test("turns away clients beyond its bound, and serves again when they have gone", async () => {
    const file = await serve();
    const idle = [1, 2, 3, 4].map(() => new Client(file));
    await Promise.all(
      idle.map(
        ({ socket }) => new Promise<void>((resolve) => socket.once("connect", () => resolve())),
      ),
    );
    const refused = await askControl(file, "status", PATIENCE);
    expect(refused.kind).toBe("failure");
    await Promise.all(idle.map(({ closed }) => closed));
    await waitFor(async () => (await askControl(file, "status", PATIENCE)).kind === "answer");
  });
});

describe("askControl() says why there is no answer", () => {
  test("nobody was ever there, or is there any more", async () => {
    const file = path.join(tempDir(), "none.sock");
    expect(await askControl(file, "status", PATIENCE)).toMatchObject({ failure: "absent" });
    const dead = path.join(tempDir(), "dead.sock");
    // A file that its process left behind.
    const server = net.createServer().listen(dead);
    await new Promise((resolve) => server.once("listening", resolve));
    renameSync(dead, `${dead}.kept`);
    await new Promise((resolve) => server.close(resolve));
    expect(await askControl(`${dead}.kept`, "status", PATIENCE)).toMatchObject({
      failure: "ended",
      text: "ECONNREFUSED",
    });
  });

  test.each([
    ["silent", "silence", (): undefined => undefined],
    ["garbled", "another language", (socket: net.Socket) => socket.end("HTTP/1.1 400\r\n")],
    ["garbled", "an end", (socket: net.Socket) => socket.destroy()],
    ["garbled", "no end of it", (socket: net.Socket) => socket.write("x".repeat(200_000))],
  ] as const)("%s: %s", async (failure, _what, answer) => {
    const file = path.join(tempDir(), "c.sock");
    const sockets = new Set<net.Socket>();
    const server = net.createServer((socket) => {
      sockets.add(socket.on("error", () => undefined));
      answer(socket);
    });
    await new Promise<void>((resolve) => server.listen(file, resolve));
    endLater(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const reply = await askControl(file, "status", { ...PATIENCE, answerMs: 500 });
    expect(reply).toMatchObject({ kind: "failure", failure });
  });
});
