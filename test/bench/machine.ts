// What a bench ran beside: the machine, its programs, and how busy it was.
import os from "node:os";
import { runToEnd } from "../support/process.ts";

/** One line about the machine, read before the bench starts its own work. */
export async function describeMachine(): Promise<string> {
  const version = await runToEnd({ command: "haproxy", args: ["-v"] });
  const haproxy = /HA-?Proxy version (\S+)/.exec(version.stdout)?.[1] ?? "of unknown version";
  const loadAverage = (os.loadavg()[0] ?? 0).toFixed(1);
  const cores = os.availableParallelism();
  return `HAProxy ${haproxy}, Node ${process.version}, ${cores} cores, load average ${loadAverage}`;
}
