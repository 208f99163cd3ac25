// Does what a dead agent left to be done: adverts of priority 0, addresses removed.
import { WILL_COMMAND_MS } from "../limits.ts";
import type { LastWill } from "../supervise/messages.ts";
import type { OutgoingPacket } from "../vrrp/packet.ts";
import { runProgram } from "./run-program.ts";

/** Runs `ip` with these words; resolves to what went wrong, `undefined` when nothing did. */
export interface IpRunner {
  run(words: readonly string[]): Promise<string | undefined>;
  close(): void;
}

/** Sends packets that bring their IP header. May throw; what it throws is logged. */
export interface PacketSender {
  send(packet: OutgoingPacket): void;
  close(): void;
}

/** Carries out wills. */
export class WillExecutor {
  readonly #ip: IpRunner;
  readonly #sender: PacketSender | undefined;

  constructor(ip: IpRunner, sender: PacketSender | undefined) {
    this.#ip = ip;
    this.#sender = sender;
  }

  /** Starts all of it at once; resolves to what went wrong when all has ended. Never rejects. */
  async execute(will: LastWill): Promise<readonly string[]> {
    // Removals are handed over first: the other node answers the packets within a millisecond.
    const removals = will.commands.map(({ program, words }) =>
      program === undefined ? this.#ip.run(words) : runProgram(program, words, WILL_COMMAND_MS),
    );
    const problems = will.packets.map((packet) => this.#send(packet));
    problems.push(...(await Promise.all(removals)));
    return problems.filter((problem) => problem !== undefined);
  }

  close(): void {
    this.#ip.close();
    this.#sender?.close();
  }

  #send(packet: OutgoingPacket): string | undefined {
    if (this.#sender === undefined) {
      return `the other node could not be told on ${packet.interface}: no socket for it`;
    }
    try {
      this.#sender.send(packet);
      return undefined;
    } catch (error) {
      return `the other node could not be told on ${packet.interface}: ${(error as Error).message}`;
    }
  }
}
