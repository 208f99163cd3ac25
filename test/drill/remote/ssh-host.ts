// A machine that is reached over ssh: commands as root there, and how far its clock is from ours.
import { isIP } from "node:net";
import path from "node:path";
import type { Ended, Host } from "../../support/netns.ts";
import {
  runToEnd,
  startProcess,
  type ProcessOptions,
  type RunningProcess,
} from "../../support/process.ts";
import { tempDir } from "../../support/temp.ts";
import type { RemotePlan } from "../plan.ts";

const CONNECT_S = 20;
const CLOCK_LOOKS = 7;

/** What of a host is needed to watch an address there. */
export type WatchedHost = Pick<Host, "run" | "start" | "hasAddress">;

/** See the head of this file. All connections go through one, which ends by `endAll()`. */
export class SshHost implements WatchedHost {
  readonly name: string;
  /** How much later the clock there is than the one here, ms: by the fastest of some answers. */
  clockOffsetMs = 0;
  readonly #ssh: readonly string[];
  readonly #sudo: string;

  private constructor(name: string, plan: RemotePlan, socket: string) {
    this.name = name;
    this.#ssh = ["-S", socket, "-o", "ControlMaster=no", ...plan.sshOptions, name];
    this.#sudo = plan.hasSudo ? "sudo -n " : "";
  }

  /** Connects; rejects with what ssh says when that is not possible without questions. */
  static async connect(name: string, plan: RemotePlan): Promise<SshHost> {
    const socket = path.join(tempDir(), "ssh");
    const connectS = CONNECT_S * plan.patience;
    const batch = ["-o", "BatchMode=yes", "-o", `ConnectTimeout=${connectS}`];
    const host = new SshHost(name, plan, socket);
    await startProcess({
      command: "ssh",
      args: ["-M", "-N", "-S", socket, ...batch, ...plan.sshOptions, name],
      ready: async () => (await host.#control("check")).code === 0,
      readyTimeoutMs: connectS * 1_000,
    });
    await host.shell("true");
    host.clockOffsetMs = await host.#measureClock();
    return host;
  }

  /** Runs a text of the shell as root; rejects on an exit code other than 0. */
  async shell(text: string): Promise<string> {
    const ended = await this.#run(`${this.#sudo}sh -c ${quoted(text)}`);
    if (ended.code === 0) return ended.stdout;
    throw new Error(`${this.name}: "${text}" failed (${String(ended.code)}): ${ended.stderr}`);
  }

  /** As `shell()`, and gives the instant before it there, on the clock here, ms. */
  async shellAt(text: string): Promise<number> {
    return this.#instantOf(await this.shell(`date +${STAMP}; ${text}`));
  }

  /** Goes on without us: the connection may be cut by what it does. */
  background(text: string): Promise<number> {
    return this.shellAt(`setsid sh -c ${quoted(text)} </dev/null >/dev/null 2>&1 &`);
  }

  /** The address of this machine as it is seen there. Rejects where the login does not tell. */
  async clientAddress(): Promise<string> {
    // sudo takes this out of the environment.
    const { stdout } = await this.#run('echo "$SSH_CONNECTION"');
    const [address = ""] = stdout.trim().split(" ");
    if (isIP(address) !== 0) return address;
    throw new Error(`${this.name}: found SSH_CONNECTION "${stdout.trim()}", expected an address`);
  }

  run(command: string, ...args: readonly string[]): Promise<Ended> {
    return this.#run(this.#sudo + [command, ...args].map(quoted).join(" "));
  }

  /** It has a terminal there, whose end is its end. */
  start(options: ProcessOptions): Promise<RunningProcess> {
    const words = [options.command, ...(options.args ?? [])].map(quoted).join(" ");
    return startProcess({
      ...options,
      command: "ssh",
      args: ["-tt", ...this.#ssh, this.#sudo + words],
    });
  }

  async hasAddress(address: string): Promise<boolean> {
    return (await this.shell("ip -o address show")).includes(` ${address}/`);
  }

  #control(word: string): Promise<Ended> {
    return runToEnd({ command: "ssh", args: ["-O", word, ...this.#ssh] });
  }

  #run(command: string): Promise<Ended> {
    return runToEnd({ command: "ssh", args: [...this.#ssh, command] });
  }

  async #measureClock(): Promise<number> {
    let best = { tookMs: Infinity, offsetMs: 0 };
    for (let look = 0; look < CLOCK_LOOKS; look += 1) {
      const sentMs = Date.now();
      const thereMs = Date.parse((await this.shell(`date +${STAMP}`)).trim());
      const tookMs = Date.now() - sentMs;
      if (tookMs < best.tookMs) best = { tookMs, offsetMs: thereMs - sentMs - tookMs / 2 };
    }
    return best.offsetMs;
  }

  #instantOf(text: string): number {
    return Date.parse(text.split("\n")[0]!.trim()) - this.clockOffsetMs;
  }
}

/** As `ip -timestamp` writes it, in the time zone there: the offset of the clock has that in it, too. */
const STAMP = "%Y-%m-%dT%H:%M:%S.%6N";

/** A word for a shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
