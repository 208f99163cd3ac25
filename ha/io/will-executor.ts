// Does what a dead agent left to be done: adverts of priority 0, addresses removed.
import { spawn } from "node:child_process";
import { WILL_COMMAND_MS } from "../limits.ts";
import type { LastWill } from "../supervise/messages.ts";
import type { OutgoingPacket } from "../vrrp/packet.ts";

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
      program === undefined ? this.#ip.run(words) : runProgram(program, words),
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

/** Starts `ip` anew for each command. */
export class OneShotIp implements IpRunner {
  run(words: readonly string[]): Promise<string | undefined> {
    return runProgram("ip", words);
  }

  close(): void {
    // Nothing is kept open.
  }
}

/** Runs a program with a time limit; resolves to what went wrong, with what it wrote to stderr. */
export function runProgram(program: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const what = `"${[program, ...words].join(" ")}"`;
    const child = spawn(program, words, {
      stdio: ["ignore", "ignore", "pipe"],
      timeout: WILL_COMMAND_MS,
      killSignal: "SIGKILL",
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(0, STDERR_CHARS_MAX);
    });
    child.once("error", (error) => resolve(`${what} cannot be started: ${error.message}`));
    child.once("exit", (code, signal) => {
      if (code === 0) resolve(undefined);
      else if (signal !== null) resolve(`${what} took longer than ${WILL_COMMAND_MS} ms`);
      else setImmediate(() => resolve(`${what} failed (${String(code)}): ${stderr.trim()}`));
    });
  });
}

const STDERR_CHARS_MAX = 1_000;
