import { fork, spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import type { BrokerAddress } from "./configuration.ts";
import { accepts, holds } from "./wait.ts";

const READY_TIMEOUT_MS = 10_000;
/** The part of a state line that both balancers word alike, inside JSON or not. */
const SERVER_CHANGE = /Server brokers\/\S+ is (?:UP|DOWN), reason: [^,\n]*/g;
const running = new Set<ChildProcess>();

// Whatever ends the tour, nothing of it stays behind. The children are detached from the terminal,
// so that Ctrl-C reaches the tour alone and the last picture stays.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a broker; resolves once it listens. */
export async function startBroker(address: BrokerAddress): Promise<ChildProcess> {
  const program = path.join(import.meta.dirname, "broker.js");
  const child = track(fork(program, [address.name, String(address.port)], { detached: true }));
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", () => reject(new Error(`${address.name} did not start`)));
  });
  return child;
}

/** Ends a child as a crash would, and waits until it is gone. */
export async function killHard(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** The balancer under the tour. */
export interface BalancerProcess {
  /** Calls back with what the balancer says about a server: that it is down, that it is up. */
  onServerChange(handler: (text: string) => void): void;
}

/** How to start a balancer: the command, and its arguments with the configuration file's last. */
export interface BalancerCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** Starts the balancer; resolves once it accepts, rejects with its output if it ends before. */
export async function startBalancer(
  { command, args }: BalancerCommand,
  port: number,
): Promise<BalancerProcess> {
  // Debian keeps daemons where an ordinary user's PATH does not look.
  const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };
  const child = track(
    spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env, detached: true }),
  );
  let handler: (text: string) => void = () => undefined;
  let output = "";
  let failure: Error | undefined;
  child.once("error", (error) => (failure = error));
  const onText = (text: string): void => {
    output = (output + text).slice(-10_000);
    for (const [change] of text.matchAll(SERVER_CHANGE)) handler(change);
  };
  child.stdout?.setEncoding("utf8").on("data", onText);
  child.stderr?.setEncoding("utf8").on("data", onText);
  const isUp = await holds(() => {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null) throw new Error(`The balancer did not start:\n${output}`);
    return accepts(port);
  }, READY_TIMEOUT_MS);
  if (!isUp) throw new Error(`The balancer does not accept connections:\n${output}`);
  return { onServerChange: (given) => (handler = given) };
}

function track(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}
