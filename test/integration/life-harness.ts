// A guard for tests: starts a balancer with a pipe to it, as the environment tells (src/base/life.ts).
import { spawn } from "node:child_process";
import type net from "node:net";
import path from "node:path";
import { LIFE_BEAT_VARIABLE, LIFE_FD_VARIABLE, type FromBalancer } from "../../src/base/life.ts";
import { endLater } from "../support/cleanup.ts";
import type { ExitStatus } from "../support/process.ts";
import { findProgram } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir, tempFile } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

/** A beat of a balancer. */
export type Beat = Extract<FromBalancer, { kind: "beat" }>;

/** A balancer that the test supervises. */
export class Supervised {
  readonly pid: number;
  /** Everything it has told over the pipe, oldest first. */
  readonly messages: FromBalancer[] = [];
  readonly exited: Promise<ExitStatus>;
  readonly #pipe: net.Socket;
  readonly #kill: (signal: NodeJS.Signals) => void;
  #output = "";
  #rest = "";

  constructor(command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const setpriv = findProgram("setpriv");
    const guarded = setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
    const [file, ...args] = [...guarded, ...command];
    const child = spawn(file!, args, {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: { ...process.env, [LIFE_FD_VARIABLE]: "3", ...environment },
    });
    this.pid = child.pid!;
    this.#kill = (signal) => void child.kill(signal);
    for (const stream of [child.stdout, child.stderr]) {
      stream!.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    }
    this.#pipe = child.stdio[3] as net.Socket;
    this.#pipe.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    this.#pipe.on("error", () => undefined);
    this.exited = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve({ code, signal }));
    });
    endLater(async () => {
      this.#kill("SIGKILL");
      this.#pipe.destroy();
      await this.exited;
    });
  }

  /** What it has written to stdout and stderr. */
  output(): string {
    return this.#output;
  }

  signal(signal: NodeJS.Signals): void {
    this.#kill(signal);
  }

  /** Ends the pipe, as the guard's death does. */
  dropPipe(): void {
    this.#pipe.destroy();
  }

  /** Stops or goes on to read the pipe. */
  setReading(isReading: boolean): void {
    if (isReading) this.#pipe.resume();
    else this.#pipe.pause();
  }

  /** Sends raw bytes to the balancer. */
  send(text: string): void {
    this.#pipe.write(text);
  }

  beats(): readonly Beat[] {
    return this.messages.filter((message) => message.kind === "beat");
  }

  /** The first message of a kind, or a beat that fits, of those from index `from` on. */
  async message(
    fits: (message: FromBalancer) => boolean,
    from = 0,
    timeoutMs = 10_000,
  ): Promise<FromBalancer> {
    return waitFor(() => this.messages.slice(from).find(fits), {
      timeoutMs,
      what: () =>
        `a message, had ${JSON.stringify(this.messages.slice(-2))}, output: ${this.#output}`,
    });
  }

  /** The next beat from now on that fits. */
  async beat(fits: (beat: Beat) => boolean = () => true): Promise<Beat> {
    const found = await this.message(
      (message) => message.kind === "beat" && fits(message),
      this.messages.length,
    );
    return found as Beat;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.messages.push(JSON.parse(line) as FromBalancer);
  }
}

/** Starts `tandem balancer` with a pipe; resolves once it is ready. */
export async function supervise(
  config: string,
  environment: Readonly<Record<string, string>> = { [LIFE_BEAT_VARIABLE]: "20" },
): Promise<Supervised> {
  const control = path.join(tempDir(), "control.sock");
  const file = tempFile("haproxy.cfg", config);
  const tandem = path.join(REPOSITORY_DIR, "bin", "tandem");
  const balancer = new Supervised(
    [tandem, "balancer", "-f", file, "--control", control],
    environment,
  );
  await balancer.message(({ kind }) => kind === "ready");
  return balancer;
}
