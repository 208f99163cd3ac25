// HAProxy and Tandem with the same file, the same servers and the same clients, and what each
// answers on its stats socket.
import path from "node:path";
import { runtimeCommand, startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";

/** One of the two, at work. */
export interface RuntimeSide {
  readonly name: "HAProxy" | "Tandem";
  readonly socketPath: string;
  readonly pid: number;
  /** Ports of its listeners, as many as were asked for. */
  readonly ports: readonly number[];
  ask(line: string): Promise<string>;
}

/** Starts both with `config`, which gets the ports that each side listens on. */
export async function startRuntimes(
  portCount: number,
  config: (ports: readonly number[]) => string,
): Promise<readonly [RuntimeSide, RuntimeSide]> {
  const ports = await freePorts(2 * portCount);
  const ofHaproxy = ports.slice(0, portCount);
  const ofTandem = ports.slice(portCount);
  const haproxy = await startHaproxy({ config: config(ofHaproxy) });
  const socketPath = path.join(tempDir(), "stats.sock");
  const tandem = await startTandem({
    config: `global\n  stats socket ${socketPath} level admin\n  stats timeout 60s\n${config(ofTandem)}`,
    readyTimeoutMs: 20_000,
  });
  return [
    {
      name: "HAProxy",
      socketPath: haproxy.socketPath,
      pid: haproxy.pid,
      ports: ofHaproxy,
      ask: (line) => haproxy.command(line),
    },
    {
      name: "Tandem",
      socketPath,
      pid: tandem.pid,
      ports: ofTandem,
      ask: (line) => runtimeCommand(socketPath, line),
    },
  ];
}
