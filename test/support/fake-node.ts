// A guard with fake children as a program: the argument is JSON, what happens is noted on stdout.
import { runGuard } from "../../ha/io/guard-process.ts";
import { WillExecutor } from "../../ha/io/will-executor.ts";
import type { ChildCommand } from "../../ha/io/child-process.ts";
import type { GuardSettings } from "../../ha/supervise/guard-events.ts";

/** The argument. */
export interface FakeNodeOptions {
  readonly settings: GuardSettings;
  readonly agentCommand: ChildCommand;
  readonly balancerCommand: ChildCommand;
  readonly reserveCommand?: ChildCommand;
  readonly realtimePriority?: number;
}

function note(what: string): void {
  process.stdout.write(`${(performance.timeOrigin + performance.now()).toFixed(2)} ${what}\n`);
}

const options = JSON.parse(process.argv[2]!) as FakeNodeOptions;
const ip = {
  run(words: readonly string[]): Promise<string | undefined> {
    note(`ip ${words.join(" ")}`);
    return Promise.resolve(words[0] === "fail" ? "it cannot be done" : undefined);
  },
  close: () => note("closed"),
};
process.exitCode = await runGuard({
  ...options,
  willExecutor: (realtimePrefix) => {
    note(`prefix ${realtimePrefix.join(" ")}`);
    return new WillExecutor(ip, undefined);
  },
  realtimePriority: options.realtimePriority,
  log: (level, text, child) => note(`${level} ${child ?? "guard"}: ${text}`),
  reload: () => Promise.resolve(options.settings),
  onReady: () => note("all ready"),
});
