import { writeFileSync } from "node:fs";
import path from "node:path";
import { freePorts } from "./ports.ts";
import { startProcess, type RunningProcess } from "./process.ts";
import { tempDir } from "./temp.ts";
import { canConnect } from "./wait-for.ts";

/** A real mosquitto on 127.0.0.1 with a folder of its own. */
export interface Broker {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Its log: connects with client identifiers, disconnects. */
  output(): string;
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; it saves its persistent sessions. */
  stop(): Promise<void>;
  /** Starts it again on the same port with what it has saved. */
  restart(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/** Lines for every broker's configuration besides the usual ones. */
export interface MosquittoOptions {
  readonly extraLines?: readonly string[];
}

/** Starts `count` brokers: anonymous clients allowed, persistent sessions on. */
export async function startMosquittos(
  count: number,
  options: MosquittoOptions = {},
): Promise<Broker[]> {
  const ports = await freePorts(count);
  return Promise.all(ports.map((port) => startMosquitto(port, options)));
}

async function startMosquitto(port: number, options: MosquittoOptions): Promise<Broker> {
  const dir = tempDir();
  const config = path.join(dir, "mosquitto.conf");
  writeFileSync(config, configText(port, dir, options));
  const start = (): Promise<RunningProcess> =>
    startProcess({
      command: "mosquitto",
      args: ["-c", config, "-v"],
      ready: () => canConnect(port),
    });

  let running = await start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    running.kill(signal);
    await running.exited;
  };
  return {
    host: "127.0.0.1",
    port,
    get pid() {
      return running.pid;
    },
    output: () => running.output(),
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    async restart() {
      await running.stop();
      running = await start();
    },
    signal: (signal) => running.kill(signal),
  };
}

function configText(port: number, dir: string, options: MosquittoOptions): string {
  return [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "persistence true",
    `persistence_location ${dir}/`,
    "log_dest stderr",
    "set_tcp_nodelay true",
    // Started by root, it would change to a user that cannot write into the folder.
    ...(process.getuid?.() === 0 ? ["user root"] : []),
    ...(options.extraLines ?? []),
    "",
  ].join("\n");
}
