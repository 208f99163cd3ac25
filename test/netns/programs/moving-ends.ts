// Clients, or their server: each connection sends bytes of its own without end and as fast as they are taken, and
// sums up what it receives. Every other one stops reading for a while. Arguments: client or server, host, port, and
// for clients how many.
import { createHash, type Hash } from "node:crypto";
import net from "node:net";
import type { EndAnswers, EndOrder } from "../moving-harness.ts";

const [role, host, port, count] = process.argv.slice(2) as [string, string, string, string];
const BLOCK_BYTES = 64 * 1024 + 7;
/** As much as a connection that stops reading has read. */
const PAUSE_BYTES = 512 * 1024;

class End {
  readonly #socket: net.Socket;
  readonly #block: Buffer;
  readonly #isPausing: boolean;
  readonly #sent: Hash = createHash("sha1");
  readonly #received: Hash = createHash("sha1");
  #isEnding = false;
  #isPaused = false;
  #receivedAtMs = performance.now();
  receivedBytes = 0;
  gapMs = 0;
  error: string | undefined;
  readonly done: Promise<void>;

  constructor(socket: net.Socket, seed: string, isPausing: boolean) {
    this.#socket = socket;
    this.#isPausing = isPausing;
    this.#block = createHash("shake256", { outputLength: BLOCK_BYTES }).update(seed).digest();
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.done = new Promise((resolve) => {
      socket.once("end", resolve);
      socket.once("error", (error) => {
        this.error = error.message;
        resolve();
      });
    });
    this.#write();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** From here on gaps count. */
  watch(): void {
    this.gapMs = 0;
    this.#receivedAtMs = performance.now();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
  }

  finish(): void {
    this.#isEnding = true;
  }

  digests(): readonly [sent: string, received: string] {
    return [this.#sent.copy().digest("hex"), this.#received.copy().digest("hex")];
  }

  #write(): void {
    while (!this.#isEnding) {
      this.#sent.update(this.#block);
      if (!this.#socket.write(this.#block)) {
        this.#socket.once("drain", () => this.#write());
        return;
      }
    }
    this.#socket.end();
  }

  #take(chunk: Buffer): void {
    const nowMs = performance.now();
    if (!this.#isPausing) this.gapMs = Math.max(this.gapMs, nowMs - this.#receivedAtMs);
    this.#receivedAtMs = nowMs;
    const before = this.receivedBytes;
    this.receivedBytes += chunk.length;
    this.#received.update(chunk);
    if (this.#isPausing && before < PAUSE_BYTES && this.receivedBytes >= PAUSE_BYTES) {
      this.#isPaused = true;
      this.#socket.pause();
    }
  }
}

const ends: End[] = [];
const orders: { [Name in keyof EndAnswers]: () => Promise<EndAnswers[Name]> } = {
  progress: () =>
    Promise.resolve({
      bytes: ends.map((end) => end.receivedBytes),
      pausedCount: ends.filter((end) => end.isPaused).length,
    }),
  watch: () => {
    for (const end of ends) end.watch();
    return Promise.resolve(ends.length);
  },
  gap: () => Promise.resolve(Math.max(...ends.map((end) => end.gapMs))),
  resume: () => {
    for (const end of ends) end.resume();
    return Promise.resolve(ends.length);
  },
  finish: async () => {
    for (const end of ends) end.finish();
    await Promise.all(ends.map((end) => end.done));
    const error = ends.find((end) => end.error !== undefined)?.error;
    return { digests: ends.map((end) => end.digests()), error };
  },
};

function add(socket: net.Socket): void {
  ends.push(new End(socket, `${role} ${ends.length}`, ends.length % 2 === 1));
}

if (role === "server") {
  net.createServer({ allowHalfOpen: true }, add).listen(Number(port), host);
} else {
  const target = { host, port: Number(port), allowHalfOpen: true };
  for (let index = 0; index < Number(count); index++) add(net.connect(target));
}
process.on("message", (order: EndOrder) => {
  void orders[order.name]().then((answer) => process.send!(answer));
});
process.once("disconnect", () => process.exit());
