// Complaints of sockets and programs, said at once and then at most once a minute.
import { Loudness } from "../vrrp/loudness.ts";
import { monotonicMs } from "./clock.ts";

/** Says each text only so often. */
export class Repetitions {
  readonly #loudness = new Loudness();
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  say(text: string): void {
    const line = this.#loudness.say(text, text, monotonicMs());
    if (line !== undefined) this.#write(line);
  }
}
