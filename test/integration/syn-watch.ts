// When connections are begun to ports of 127.0.0.1, as the kernel saw their first packets: a process may
// be held up, and takes note of its clients late.
import { startProcess, type RunningProcess } from "../support/process.ts";
import { has } from "../support/programs.ts";

/** Whether the kernel's own times can be had here. */
export const CAN_WATCH_SYNS = process.getuid?.() === 0 && has("tcpdump");

const LINE = /^(\d+\.\d+) IP 127\.0\.0\.1\.(\d+) > 127\.0\.0\.1\.(\d+): /gm;

/** The connections to some ports. */
export class SynWatch {
  readonly #process: RunningProcess;
  readonly #read: () => string;

  private constructor(running: RunningProcess, read: () => string) {
    this.#process = running;
    this.#read = read;
  }

  static async start(ports: readonly number[]): Promise<SynWatch> {
    const to = ports.map((port) => `dst port ${port}`).join(" or ");
    const filter = `tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn and (${to})`;
    let text = "";
    const running = await startProcess({
      command: "tcpdump",
      args: ["-i", "lo", "-n", "-tt", "-l", "-B", "16384", "--immediate-mode", filter],
      ready: /listening on lo/,
      onOutput: (more) => (text += more),
    });
    return new SynWatch(running, () => text);
  }

  /** By port, the instants at which connections were begun so far, ms; a packet sent again counts once. */
  async stop(): Promise<ReadonlyMap<number, readonly number[]>> {
    await this.#process.stop();
    const found = new Map<number, Map<string, number>>();
    for (const [, seconds, from, to] of this.#read().matchAll(LINE)) {
      const port = Number(to);
      const known = found.get(port) ?? new Map<string, number>();
      found.set(port, known);
      if (!known.has(from!)) known.set(from!, Number(seconds) * 1_000);
    }
    return new Map([...found].map(([port, times]) => [port, [...times.values()]]));
  }
}
