// Those who wait for one server. Behind a server whose connects are paced there are two lanes: devices that
// a stick table knows have a session there to come back to, and go first, but not always, so that newcomers
// get in as well.
import { RETURNING_IN_A_ROW_MAX } from "../limits.ts";
import { type Waiting, WaitingList } from "./waiting-list.ts";

/** The queue of one server. */
export class ServerQueue<T> {
  readonly #usual = new WaitingList<T>();
  readonly #returning = new WaitingList<T>();
  /** How many of the returning were taken since one of the others was. */
  #inARow = 0;

  get length(): number {
    return this.#usual.length + this.#returning.length;
  }

  /** Who is next. */
  get first(): Waiting<T> | undefined {
    const isTurnOfUsual = this.#inARow >= RETURNING_IN_A_ROW_MAX;
    const [one, other] = isTurnOfUsual
      ? [this.#usual, this.#returning]
      : [this.#returning, this.#usual];
    return one.first ?? other.first;
  }

  add(waiting: Waiting<T>, isReturning: boolean): void {
    (isReturning ? this.#returning : this.#usual).add(waiting);
  }

  /** Notes that one of them is served; it leaves its list by itself. */
  noteServed(waiting: Waiting<T>): void {
    this.#inARow = waiting.list === this.#returning ? this.#inARow + 1 : 0;
  }
}
