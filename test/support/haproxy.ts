import { writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { runToEnd, startProcess, type RunningProcess } from "./process.ts";
import { tempDir } from "./temp.ts";

/** A running HAProxy with one thread and an admin socket. */
export interface Haproxy {
  readonly process: RunningProcess;
  readonly pid: number;
  /** The stats socket. */
  readonly socketPath: string;
  /** Sends one runtime command and returns the whole answer. */
  command(line: string): Promise<string>;
  stop(): Promise<void>;
}

/** How to start it. */
export interface HaproxyOptions {
  /** The configuration's text. A `global` section with thread count and socket precedes it. */
  readonly config: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the installed HAProxy in the foreground; ready once its event loop answers. */
export async function startHaproxy(options: HaproxyOptions): Promise<Haproxy> {
  const dir = tempDir();
  const socketPath = path.join(dir, "stats.sock");
  const before = path.join(dir, "00-support.cfg");
  const config = path.join(dir, "10-haproxy.cfg");
  const globalLines = [
    "nbthread 1",
    `stats socket ${socketPath} level admin expose-fd listeners`,
    "stats timeout 60s",
  ];
  writeFileSync(before, `global\n${globalLines.map((line) => `  ${line}\n`).join("")}`);
  writeFileSync(config, endWithNewline(options.config));
  const command = (line: string): Promise<string> => runtimeCommand(socketPath, line);
  const running = await startProcess({
    command: "haproxy",
    args: ["-db", "-f", before, "-f", config, ...(options.args ?? [])],
    ...(options.env === undefined ? {} : { env: options.env }),
    ready: async () => (await command("show info").catch(() => "")) !== "",
  });
  return {
    process: running,
    pid: running.pid,
    socketPath,
    command,
    async stop() {
      await running.stop();
    },
  };
}

/** Runs `haproxy -c` over a configuration's text. */
export async function checkWithHaproxy(
  config: string,
  args: readonly string[] = [],
): ReturnType<typeof runToEnd> {
  const file = path.join(tempDir(), "haproxy.cfg");
  writeFileSync(file, config);
  return runToEnd({ command: "haproxy", args: ["-c", "-f", file, ...args] });
}

/** One line to a runtime API socket, HAProxy's or Tandem's; resolves with everything it answers. */
export async function runtimeCommand(socketPath: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path: socketPath });
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${line}\n`));
    socket.on("data", (text: string) => {
      answer += text;
    });
    socket.on("end", () => {
      socket.destroy();
      resolve(answer);
    });
    socket.on("error", reject);
  });
}

function endWithNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
