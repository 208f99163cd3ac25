// Sends texts of any length, piece by piece. Traffic goes first: one piece is made in a turn of the
// event loop, whoever it is for, and a client gets its next one when it has read the last. What is
// half sent takes memory, so that only a few answers are under way at once and the others wait.
import type { ServerResponse } from "node:http";
import { METRICS_ANSWERS_MAX } from "../../limits.ts";

interface Job {
  readonly response: ServerResponse;
  readonly pieces: Iterator<string>;
}

/** Sends the long answers of all pages of a process. */
export class PieceSender {
  readonly #failed: (error: unknown) => void;
  readonly #prepared: (() => Promise<unknown>) | undefined;
  /** Those whose next piece may be made. */
  readonly #ready: Job[] = [];
  readonly #waiting = new Set<() => void>();
  #activeCount = 0;
  #isTurnAsked = false;

  /** `prepared`: resolves soon, when all that answers are made from is there. */
  constructor(failed: (error: unknown) => void, prepared?: () => Promise<unknown>) {
    this.#failed = failed;
    this.#prepared = prepared;
  }

  /** Sends all pieces and ends the response; begins when it is its turn. */
  send(response: ServerResponse, pieces: Iterable<string>): void {
    let isActive = false;
    const begin = (): void => {
      this.#waiting.delete(begin);
      isActive = true;
      this.#activeCount++;
      const add = (): void => this.#add({ response, pieces: pieces[Symbol.iterator]() });
      if (this.#prepared === undefined) add();
      else void this.#prepared().then(add);
    };
    response.once("close", () => {
      this.#waiting.delete(begin);
      if (!isActive) return;
      this.#activeCount--;
      const [next] = this.#waiting;
      next?.();
    });
    if (this.#activeCount < METRICS_ANSWERS_MAX) begin();
    else this.#waiting.add(begin);
  }

  #add(job: Job): void {
    this.#ready.push(job);
    this.#askForTurn();
  }

  #askForTurn(): void {
    if (this.#isTurnAsked || this.#ready.length === 0) return;
    this.#isTurnAsked = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isTurnAsked = false;
    const job = this.#ready.shift();
    if (job !== undefined && !job.response.destroyed) this.#sendPiece(job);
    this.#askForTurn();
  }

  #sendPiece(job: Job): void {
    const { response, pieces } = job;
    let piece: IteratorResult<string>;
    try {
      piece = pieces.next();
    } catch (error) {
      this.#failed(error);
      response.destroy();
      return;
    }
    if (piece.done === true) response.end();
    else if (piece.value === "" || response.write(piece.value)) this.#ready.push(job);
    else response.once("drain", () => this.#add(job));
  }
}
