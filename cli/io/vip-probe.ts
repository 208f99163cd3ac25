// Measures for how long nobody answers at an address: a connection is tried again and again.
import { connect } from "node:net";

const PERIOD_MS = 20;
const PATIENCE_MS = 1_000;

/** Tries until it is stopped. */
export class VipProbe {
  readonly #host: string;
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;
  /** When attempts began that were answered, ms. */
  #lastMs = performance.now();
  #longestMs = 0;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
    this.#timer = setInterval(() => this.#try(), PERIOD_MS);
  }

  /** When the last attempt began that was answered, on the monotonic clock. */
  get answeredMs(): number {
    return this.#lastMs;
  }

  /** Stops; the longest time between two attempts that were answered, ms. */
  stop(): number {
    clearInterval(this.#timer);
    return this.#longestMs;
  }

  #try(): void {
    const begunMs = performance.now();
    const socket = connect({ host: this.#host, port: this.#port });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.once("connect", () => {
      socket.destroy();
      if (begunMs <= this.#lastMs) return;
      this.#longestMs = Math.max(this.#longestMs, begunMs - this.#lastMs);
      this.#lastMs = begunMs;
    });
    socket.on("error", () => socket.destroy());
  }
}
