// Programs in network namespaces that do one thing for each order.
import { spawn } from "node:child_process";
import type { RelayEnd } from "../../src/session/mover.ts";
import { endLater } from "../support/cleanup.ts";
import type { Host } from "../support/netns.ts";

/** What a node answers, by order. */
export interface NodeAnswers {
  readonly listen: number;
  readonly relays: number;
  readonly ends: readonly RelayEnd[];
  /** How many; whether one has bytes in hand. */
  readonly freeze: { readonly count: number; readonly isInHand: boolean };
  /** Goes on with what was frozen. */
  readonly resume: number;
  readonly hold: {
    readonly descriptions: readonly Uint8Array[];
    /** Bytes in the queues of all sockets, and in hand. */
    readonly received: number;
    readonly unacknowledged: number;
    readonly unsent: number;
    readonly inHand: number;
  };
  readonly drop: number;
  readonly release: number;
  readonly restore: number;
  readonly start: number;
}

/** An order for `programs/moving-node.ts`. */
export interface NodeOrder {
  readonly name: keyof NodeAnswers;
  readonly descriptions?: readonly Uint8Array[];
}

/** What clients and their server answer, by order. */
export interface EndAnswers {
  readonly progress: { readonly bytes: readonly number[]; readonly pausedCount: number };
  readonly watch: number;
  /** The longest time, ms, for which any connection that reads has received nothing since `watch`. */
  readonly gap: number;
  readonly resume: number;
  readonly finish: {
    readonly digests: readonly (readonly [sent: string, received: string])[];
    readonly error: string | undefined;
  };
}

/** An order for `programs/moving-ends.ts`. */
export interface EndOrder {
  readonly name: keyof EndAnswers;
}

/** A program that answers orders, one after another. */
export interface Remote<Answers> {
  ask<Name extends keyof Answers>(name: Name, more?: object): Promise<Answers[Name]>;
}

/** Starts a compiled program in a host; it ends with the test. */
export function startRemote<Answers>(
  host: Host,
  program: string,
  args: readonly (string | number)[],
): Remote<Answers> {
  const command = ["netns", "exec", host.namespace, process.execPath, program];
  const child = spawn("ip", [...command, ...args.map(String)], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
    serialization: "advanced",
  });
  let errors = "";
  child.stderr!.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  endLater(() => void child.kill("SIGKILL"));
  return {
    ask: (name, more) =>
      new Promise((resolve, reject) => {
        const onExit = (): void => reject(new Error(`${program} has ended: ${errors}`));
        child.once("exit", onExit);
        child.once("message", (answer) => {
          child.off("exit", onExit);
          resolve(answer as Answers[typeof name]);
        });
        child.send({ name, ...more }, (error) => {
          if (error !== null) onExit();
        });
      }),
  };
}
