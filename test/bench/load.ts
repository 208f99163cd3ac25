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
  /** TLS handshakes, as fast as they go, one byte there and back after each. */
  measureHandshakes(options: HandshakeOptions): Promise<HandshakeResult>;
}

/** The options of `handshakes.c`. */
export interface HandshakeOptions {
  readonly port: number;
  /** Clients at once, each in a process of its own. */
  readonly connections: number;
  readonly seconds: number;
  /** The proxy whose CPU time is read. */
  readonly pid: number;
  /** 1: every client comes back with its session. */
  readonly resume: 0 | 1;
}

/** What `handshakes.c` prints. */
export interface HandshakeResult extends Pick<LoadResult, "count" | "wallMs" | "cpuMs"> {
  /** Handshakes that resumed a session. */
  readonly resumed: number;
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
  const sources = readdirSync(BENCH_DIR).filter((name) => name.endsWith(".c"));
  const program = await compile("load", sources);
  const runClient = (mode: string, options: LoadOptions): Promise<unknown> =>
    runLoad(program, [mode], options);
  let handshakes: Promise<string> | undefined;
  return {
    async serve(mode, port) {
      const args = [mode, "--port", String(port)];
      await startProcess({ command: program, args, ready: /^ready$/m });
    },
    measure: async (mode, options) => (await runClient(mode, options)) as LoadResult,
    measureIdle: async (options) => (await runClient("idle", options)) as IdleResult,
    async measureHandshakes(options) {
      // Only who measures TLS needs OpenSSL's headers.
      handshakes ??= compile("handshakes", ["tls/handshakes.c"], ["-lssl", "-lcrypto"]);
      const result = (await runLoad(await handshakes, [], options)) as HandshakeResult;
      const expected = options.resume === 1 ? result.count : 0;
      if (result.resumed === expected && result.count > 0) return result;
      throw new Error(`${result.resumed} of ${result.count} handshakes resumed a session`);
    },
  };
}

const BENCH_DIR = path.join(REPOSITORY_DIR, "test", "bench");

async function compile(
  name: string,
  sources: readonly string[],
  libraries: readonly string[] = [],
): Promise<string> {
  const program = path.join(tempDir(), name);
  const files = sources.map((file) => path.join(BENCH_DIR, file));
  const args = ["-O2", "-o", program, ...files, ...libraries];
  const { code, stderr } = await runToEnd({ command: "cc", args });
  if (code === 0) return program;
  const remedy = stderr.includes("openssl/") ? 'run "apt-get install libssl-dev": ' : "";
  throw new Error(`cc failed: ${remedy}${stderr}`);
}

async function runLoad(
  program: string,
  mode: readonly string[],
  options: LoadOptions | HandshakeOptions,
): Promise<unknown> {
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const ended = await runToEnd({ command: program, args: [...mode, ...words] });
  if (ended.code === 0) return JSON.parse(ended.stdout);
  const called = [path.basename(program), ...mode, ...words].join(" ");
  throw new Error(`${called}: ${ended.stderr}`);
}
