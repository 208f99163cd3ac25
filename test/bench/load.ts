import { readdirSync } from "node:fs";
import path from "node:path";
import { runToEnd, startProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";

/** What a client of `load.c` prints: the work done, what it took, and what it cost the proxy. */
export interface LoadResult {
  readonly count: number;
  readonly failed: number;
  readonly wallMs: number;
  /** CPU time of the proxy, user and system, all threads. */
  readonly cpuMs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** `setup`: the instant of the last answer, ms on the system's monotonic clock. */
  readonly endMs: number;
}

/** What `load idle` prints. */
export interface IdleResult {
  readonly count: number;
  readonly rssBeforeBytes: number;
  readonly rssAfterBytes: number;
}

/** The load program, compiled. */
export interface Load {
  /** Starts a server on every address of this machine, until the bench ends. */
  serve(mode: "echo" | "broker", port: number): Promise<void>;
  measure(mode: "ask" | "setup", options: LoadOptions): Promise<LoadResult>;
  measureIdle(options: LoadOptions): Promise<IdleResult>;
}

/** The options of a client; names are those of the program. */
export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly bytes?: number;
  /** Requests, or set-ups, per second over all connections; absent: as fast as answers come. */
  readonly rate?: number;
  /** `setup`: connections in all, each with a client identifier of its own. */
  readonly count?: number;
  /** `ask`: 1 to begin each connection by a CONNECT, and to make each request a PUBLISH. */
  readonly packets?: number;
  /** The proxy whose CPU time and memory are read. */
  readonly pid?: number;
}

/** Compiles the load program into a folder that lasts as long as the bench. */
export async function compileLoad(): Promise<Load> {
  const dir = path.join(REPOSITORY_DIR, "test", "bench");
  const sources = readdirSync(dir).filter((name) => name.endsWith(".c"));
  const program = path.join(tempDir(), "load");
  const args = ["-O2", "-o", program, ...sources.map((name) => path.join(dir, name))];
  const compiled = await runToEnd({ command: "cc", args });
  if (compiled.code !== 0) throw new Error(`cc failed: ${compiled.stderr}`);
  const runClient = async (mode: string, options: LoadOptions): Promise<unknown> => {
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const ended = await runToEnd({ command: program, args: [mode, ...args] });
    if (ended.code !== 0) throw new Error(`load ${mode} ${args.join(" ")}: ${ended.stderr}`);
    return JSON.parse(ended.stdout);
  };
  return {
    async serve(mode, port) {
      const args = [mode, "--port", String(port)];
      await startProcess({ command: program, args, ready: /^ready$/m });
    },
    measure: async (mode, options) => (await runClient(mode, options)) as LoadResult,
    measureIdle: async (options) => (await runClient("idle", options)) as IdleResult,
  };
}
