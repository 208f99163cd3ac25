// The control socket: `tandem reload` sends one JSON line, the balancer answers with one.
import { mkdir, chmod, unlink } from "node:fs/promises";
import { accessSync, constants } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  CONTROL_ANSWER_MS_MAX,
  CONTROL_CLIENTS_MAX,
  CONTROL_COMMAND_MS_MAX,
  CONTROL_LINE_BYTES_MAX,
} from "../limits.ts";

/** What a command did. */
export interface ControlAnswer {
  readonly ok: boolean;
  readonly message: string;
  /** Rendered findings about the configuration; empty when there are none. */
  readonly diagnostics: string;
}

/** The commands that a control socket takes, by name. */
export interface ControlHandlers {
  readonly reload: () => Promise<ControlAnswer>;
}

/** A listening control socket. */
export interface ControlSocket {
  readonly path: string;
  close(): Promise<void>;
}

const RUN_FOLDER = "/run/tandem";
const FILE_NAME = "balancer.sock";

/** Where the control socket is unless `--control` says otherwise: a folder that the user may write to. */
export function defaultControlPath(): string {
  try {
    accessSync(RUN_FOLDER, constants.W_OK);
    return join(RUN_FOLDER, FILE_NAME);
  } catch {
    const folder = process.env["XDG_RUNTIME_DIR"] ?? tmpdir();
    return join(folder, `tandem-${process.getuid?.() ?? 0}`, FILE_NAME);
  }
}

/**
 * Listens at `path` with mode 0600. A file left behind by a dead process is replaced; when a living
 * one answers there, this rejects.
 */
export async function startControlSocket(
  path: string,
  handlers: ControlHandlers,
): Promise<ControlSocket> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (await isAnswered(path)) {
    throw new Error(
      `Control socket "${path}" belongs to a running balancer: stop it, or give this one ` +
        `a path of its own with --control`,
    );
  }
  await unlink(path).catch(() => undefined);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, handlers);
  });
  server.maxConnections = CONTROL_CLIENTS_MAX;
  await listen(server, path);
  return {
    path,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function listen(server: Server, path: string): Promise<void> {
  // The mask keeps others out between bind and chmod; no other file is made in between.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(mask);
  }
  await chmod(path, 0o600);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function serve(socket: Socket, handlers: ControlHandlers): void {
  socket.on("error", () => socket.destroy());
  socket.setTimeout(CONTROL_COMMAND_MS_MAX, () => socket.destroy());
  readLine(socket, (line) => {
    socket.setTimeout(0);
    void answerTo(line, handlers).then((answer) => socket.end(`${JSON.stringify(answer)}\n`));
  });
}

async function answerTo(line: string | undefined, handlers: ControlHandlers) {
  const command = line === undefined ? undefined : commandOf(line);
  if (command !== "reload") {
    return refusal(`found ${JSON.stringify(command ?? line ?? "")}, expected the command "reload"`);
  }
  try {
    return await handlers.reload();
  } catch (error) {
    return refusal(`the reload failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refusal(message: string): ControlAnswer {
  return { ok: false, message, diagnostics: "" };
}

function commandOf(line: string): string | undefined {
  const value = parseObject(line);
  return typeof value?.["command"] === "string" ? value["command"] : undefined;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Calls back once: with the first line, or `undefined` if the peer ends or sends too much before one. */
function readLine(socket: Socket, done: (line: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  let finished = false;
  function finish(line: string | undefined): void {
    if (finished) return;
    finished = true;
    socket.removeListener("data", onData);
    socket.resume();
    done(line);
  }
  function onData(chunk: Buffer): void {
    chunks.push(chunk);
    byteCount += chunk.length;
    if (chunk.includes(10)) {
      const text = Buffer.concat(chunks).toString("utf8");
      finish(text.slice(0, text.indexOf("\n")));
    } else if (byteCount > CONTROL_LINE_BYTES_MAX) finish(undefined);
  }
  socket.on("data", onData);
  socket.once("end", () => finish(undefined));
  socket.once("close", () => finish(undefined));
}

/** Asks the balancer at `path` to reload; a balancer that cannot be reached is an answer, too. */
export function requestReload(path: string): Promise<ControlAnswer> {
  return new Promise((resolve) => {
    const socket = connect(path);
    function settle(answer: ControlAnswer): void {
      socket.destroy();
      resolve(answer);
    }
    socket.once("error", (error: NodeJS.ErrnoException) => {
      settle(refusal(`no balancer answers at "${path}" (${error.code ?? error.message})`));
    });
    socket.setTimeout(CONTROL_ANSWER_MS_MAX, () => {
      settle(refusal(`no answer within ${CONTROL_ANSWER_MS_MAX / 1000} s at "${path}"`));
    });
    socket.write(`${JSON.stringify({ command: "reload" })}\n`);
    readLine(socket, (line) => settle(readAnswer(line, path)));
  });
}

function readAnswer(line: string | undefined, path: string): ControlAnswer {
  const value = line === undefined ? undefined : parseObject(line);
  if (typeof value?.["ok"] !== "boolean") {
    return refusal(`the answer at "${path}" is not one of a balancer`);
  }
  const { ok, message, diagnostics } = value;
  return {
    ok,
    message: typeof message === "string" ? message : "",
    diagnostics: typeof diagnostics === "string" ? diagnostics : "",
  };
}
