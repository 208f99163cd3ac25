// A socket at which a process answers its operator: one JSON line in, one out, and the end. It is
// for its own user only, or for its group as well.
//
// Nothing that a client does costs more than its bounds: so many clients, so many bytes, so much time.
import { mkdir, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { parseObject, readLine } from "./control-line.ts";

/** What clients of a control socket may take. */
export interface ControlBounds {
  /** Clients at once; others are turned away. */
  readonly clientsMax: number;
  /** Bytes of a command, its line end included. */
  readonly commandBytesMax: number;
  /** From the connection to the whole command, ms. */
  readonly commandMs: number;
  /** How long a client may take to read its answer, ms. */
  readonly readMs: number;
}

/** Whom a socket lets in: mode 0600, or 0660. */
export type ControlAccess = "user" | "group";

/** A command with its arguments, as it came: whatever JSON can hold. */
export type ControlRequest = Readonly<Record<string, unknown>>;

/** What a command answers: an object that JSON can hold. */
export type ControlCommand = (request: ControlRequest) => object | Promise<object>;

/** A listening control socket. */
export interface ControlServer {
  readonly path: string;
  /** Ends what is going on as well; the file goes with it. */
  close(): Promise<void>;
}

/** What a command gets that is none, or that failed. */
export interface ControlRefusal {
  readonly ok: false;
  readonly message: string;
}

/**
 * Listens at `path`, in a folder that is made when it is missing. A file left behind by
 * a dead process is replaced; when a living one answers there, this rejects. `owner` names the
 * program in messages.
 */
export async function startControlServer(
  path: string,
  owner: string,
  commands: ReadonlyMap<string, ControlCommand>,
  bounds: ControlBounds,
  access: ControlAccess = "user",
): Promise<ControlServer> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (await isAnswered(path, bounds.commandMs)) {
    throw new Error(
      `Control socket "${path}" belongs to a running ${owner}: stop it, or give this one ` +
        `a place of its own with --control or --control-dir`,
    );
  }
  await unlink(path).catch(() => undefined);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, commands, bounds);
  });
  server.maxConnections = bounds.clientsMax;
  await listen(server, path, access);
  // A client that the system no longer lets in is turned away; the others are served.
  server.on("error", () => undefined);
  return {
    path,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Server, path: string, access: ControlAccess): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // The socket is made within the call, so that nobody else is ever let in, and no other file is.
    const mask = process.umask(access === "user" ? 0o177 : 0o117);
    try {
      server.listen(path, () => {
        server.removeListener("error", reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}

function isAnswered(path: string, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.setTimeout(withinMs, () => settle(true));
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    function settle(found: boolean): void {
      socket.destroy();
      resolve(found);
    }
  });
}

function serve(
  socket: Socket,
  commands: ReadonlyMap<string, ControlCommand>,
  { commandBytesMax, commandMs, readMs }: ControlBounds,
): void {
  socket.on("error", () => socket.destroy());
  // A timer of its own: a byte now and then must not prolong it.
  let timer = setTimeout(() => socket.destroy(), commandMs);
  socket.once("close", () => clearTimeout(timer));
  readLine(socket, commandBytesMax, (line) => {
    clearTimeout(timer);
    void answerTo(line, commands).then((answer) => {
      if (socket.destroyed) return;
      timer = setTimeout(() => socket.destroy(), readMs);
      socket.end(`${JSON.stringify(answer)}\n`);
    });
  });
}

async function answerTo(
  line: string | undefined,
  commands: ReadonlyMap<string, ControlCommand>,
): Promise<object> {
  const request = line === undefined ? undefined : parseObject(line);
  const name = request?.["command"];
  const command = typeof name === "string" ? commands.get(name) : undefined;
  if (request === undefined || command === undefined) {
    const found = typeof name === "string" ? name : (line ?? "");
    const known = [...commands.keys()].map((known) => `"${known}"`).join(" or ");
    return refusal(`found ${JSON.stringify(found.slice(0, 80))}, expected the command ${known}`);
  }
  try {
    return await command(request);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refusal(`the ${String(name)} failed: ${reason}`);
  }
}

function refusal(message: string): ControlRefusal {
  return { ok: false, message };
}
