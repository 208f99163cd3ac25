// Scripts run for real: outcomes, process groups, time limits, users, the recipes of haproxy pairs.
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { NotifyCommand } from "../../ha/config/model/instance.ts";
import { NotifyRunner } from "../../ha/io/notify-runner.ts";
import { ScriptLauncher } from "../../ha/io/script-launcher.ts";
import { ScriptRunner } from "../../ha/io/script-runner.ts";
import type { ScriptOutcome } from "../../ha/track/track-events.ts";
import { notifyCommand } from "../support/agent-configuration.ts";
import { endLater } from "../support/cleanup.ts";
import { startProcess } from "../support/process.ts";
import { findProgram, has, skipNote } from "../support/programs.ts";
import { tempDir, tempFile } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const IS_ROOT = process.getuid?.() === 0;
const POLICY = { scriptUser: undefined, isScriptSecure: false };
/** Tests run as whoever they run as: without a user a script of root is root's. */
const OWN = { user: String(process.getuid?.()), group: String(process.getgid?.()) };

class Bench {
  readonly ended: string[] = [];
  readonly runner: ScriptRunner;

  constructor() {
    this.runner = new ScriptRunner(new ScriptLauncher(POLICY), (script, outcome) => {
      this.ended.push(`${script} ${textOf(outcome)}`);
    });
    endLater(() => this.runner.close());
  }

  run(command: NotifyCommand, script = "chk", timeoutMs = 10_000): void {
    this.runner.run({ script, command, timeoutMs });
  }

  async next(): Promise<string> {
    return waitFor(() => this.ended.shift(), { what: "a script to end" });
  }
}

function textOf(outcome: ScriptOutcome): string {
  if (outcome.kind === "exited") return String(outcome.code);
  return outcome.kind === "signalled" ? outcome.signal : outcome.kind;
}

function command(words: readonly string[]): NotifyCommand {
  return notifyCommand(words, OWN);
}

function shell(text: string): NotifyCommand {
  return command(["/bin/sh", "-c", text]);
}

function script(text: string): string {
  const file = tempFile("script.sh", `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z");
  } catch {
    return false;
  }
}

async function pidIn(file: string): Promise<number> {
  return waitFor(() => {
    const pid = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
    return pid > 0 ? pid : undefined;
  });
}

describe("outcomes", () => {
  test.each([
    ["exit 0", "0"],
    ["exit 3", "3"],
    ["kill -SEGV $$", "SIGSEGV"],
  ])("%s: %s", async (text, expected) => {
    const bench = new Bench();
    bench.run(shell(text));
    expect(await bench.next()).toBe(`chk ${expected}`);
  });

  test("a program that is not there failed to start", async () => {
    const bench = new Bench();
    bench.run(command(["/nonexistent/check"]));
    expect(await bench.next()).toBe("chk failed-to-start");
  });

  test("a user that is not there is a failure that says so", async () => {
    const runner = new NotifyRunner(new ScriptLauncher(POLICY));
    const problem = await runner.run(notifyCommand("/bin/true", { user: "nobody-of-that-name" }));
    expect(problem).toMatch(/user "nobody-of-that-name" is not in \/etc\/passwd/);
  });
});

describe("a script that takes too long", () => {
  test("times out at once, and its whole group is ended, whatever it ignores", async () => {
    const dir = tempDir();
    const [own, child] = [path.join(dir, "own"), path.join(dir, "child")];
    const bench = new Bench();
    const text = `trap "" TERM; sleep 600 & echo $! > ${child}; echo $$ > ${own}; wait; sleep 600`;
    const startMs = performance.now();
    bench.run(shell(text), "chk", 500);
    const pids = [await pidIn(own), await pidIn(child)];
    expect(await bench.next()).toBe("chk timed-out");
    expect(performance.now() - startMs).toBeLessThan(1_500);
    await waitFor(() => !pids.some(isAlive), { what: "the group to end" });
    expect(performance.now() - startMs).toBeGreaterThan(2_400);
  });

  test("takes along what it started, also when it ends by TERM itself", async () => {
    const file = path.join(tempDir(), "pid");
    const bench = new Bench();
    bench.run(shell(`(trap "" TERM; exec sleep 600) & echo $! > ${file}; wait`), "chk", 500);
    const pid = await pidIn(file);
    expect(await bench.next()).toBe("chk timed-out");
    await waitFor(() => !isAlive(pid), { what: "what ignores TERM to end" });
  });

  test("delays its own next run until it has gone", async () => {
    const dir = tempDir();
    const log = path.join(dir, "log");
    const bench = new Bench();
    const text = `echo start >> ${log}; trap "" TERM; while :; do sleep 0.05; done`;
    bench.run(shell(text), "chk", 200);
    expect(await bench.next()).toBe("chk timed-out");
    bench.run(shell(`echo second >> ${log}`));
    expect(readFileSync(log, "utf8")).toBe("start\n");
    expect(await bench.next()).toBe("chk 0");
    expect(readFileSync(log, "utf8")).toBe("start\nsecond\n");
  });

  test("leaves alone what a script in time has started in the background", async () => {
    const file = path.join(tempDir(), "pid");
    const bench = new Bench();
    bench.run(shell(`sleep 600 & echo $! > ${file}`));
    expect(await bench.next()).toBe("chk 0");
    const pid = await pidIn(file);
    endLater(() => {
      if (isAlive(pid)) process.kill(pid, "SIGKILL");
    });
    expect(isAlive(pid)).toBe(true);
  });

  test("ends with the runner", async () => {
    const file = path.join(tempDir(), "pid");
    const bench = new Bench();
    bench.run(shell(`echo $$ > ${file}; sleep 600 & wait`));
    const pid = await pidIn(file);
    bench.runner.close();
    await waitFor(() => !isAlive(pid));
    expect(bench.ended).toEqual([]);
  });
});

describe("what a script gets", () => {
  test("no descriptor but null ones, no variable of ours, a group of its own", async () => {
    process.env["TANDEM_TRACK_TEST"] = "1";
    endLater(() => {
      delete process.env["TANDEM_TRACK_TEST"];
    });
    const out = path.join(tempDir(), "out");
    const bench = new Bench();
    // Descriptors that the machine's own tools leak have large numbers.
    const list = "for fd in /proc/$$/fd/[0-9]; do readlink $fd; done";
    bench.run(shell(`{ ${list}; env | grep TANDEM_T; cut -d' ' -f1,5 /proc/$$/stat; } > ${out}`));
    expect(await bench.next()).toBe("chk 0");
    const lines = readFileSync(out, "utf8").trim().split("\n");
    const [pid, group] = lines.pop()!.split(" ");
    expect(pid).toBe(group);
    // The shell's own copy of what it redirected is the one that is not null.
    expect(lines.filter((line) => line !== "/dev/null" && line !== out)).toEqual([]);
  });

  test.skipIf(!IS_ROOT)("the user and group that it was given (skipped: needs root)", async () => {
    const out = path.join(tempDir(), "out");
    writeFileSync(out, "");
    chmodSync(out, 0o666);
    chmodSync(path.dirname(out), 0o777);
    const bench = new Bench();
    const words = ["/bin/sh", "-c", `id -u > ${out}; id -g >> ${out}; id -G >> ${out}`];
    bench.run(notifyCommand(words, { user: "nobody", group: "daemon" }));
    expect(await bench.next()).toBe("chk 0");
    expect(readFileSync(out, "utf8")).toBe("65534\n1\n1\n");
  });

  test.skipIf(!IS_ROOT)("refusal when it is root's but not root's alone", async () => {
    const secure = new NotifyRunner(
      new ScriptLauncher({ scriptUser: { user: "root", group: undefined }, isScriptSecure: true }),
    );
    const file = script("exit 0");
    expect(await secure.run(notifyCommand([file]))).toBeUndefined();
    chmodSync(file, 0o757);
    expect(await secure.run(notifyCommand([file]))).toMatch(/others than root may replace it/);
    expect(await secure.run(notifyCommand([file], { user: "nobody" }))).not.toMatch(/replace/);
  });
});

describe("notify commands", () => {
  test("get their arguments after their own words, spaces and all", async () => {
    const out = path.join(tempDir(), "out");
    const runner = new NotifyRunner(new ScriptLauncher(POLICY));
    const file = script(`for word; do echo "<$word>"; done > ${out}`);
    const words = ["INSTANCE", "V 1", "MASTER", "100"];
    expect(await runner.run(command([file, "own word"]), words)).toBeUndefined();
    expect(readFileSync(out, "utf8")).toBe("<own word>\n<INSTANCE>\n<V 1>\n<MASTER>\n<100>\n");
  });

  test("that run too long are ended, and say so", async () => {
    const runner = new NotifyRunner(new ScriptLauncher(POLICY));
    expect(await runner.run(shell("sleep 600"), [], 200)).toBe(
      "ran longer than 0.2 s and was ended",
    );
    expect(await runner.run(shell("exit 3"))).toBe("exited with status 3");
  });
});

/** A process whose name nobody else's has. */
async function startNamed(
  name: string,
): Promise<{ readonly pid: number; stop(): Promise<unknown> }> {
  const file = path.join(tempDir(), name);
  copyFileSync(findProgram("sleep")!, file);
  chmodSync(file, 0o755);
  const started = await startProcess({ command: file, args: ["600"] });
  // It is sleep's copy only once setpriv has become it.
  await waitFor(() => readFileSync(`/proc/${started.pid}/comm`, "utf8").trim() === name);
  return started;
}

describe("the usual recipes", () => {
  const name = `tdm${process.pid}`;

  test.skipIf(!has("killall"))(`killall -0 NAME${skipNote("killall")}`, async () => {
    await recipe(["killall", "-0", name]);
  });

  test.skipIf(!has("pidof"))(`pidof NAME${skipNote("pidof")}`, async () => {
    await recipe(["pidof", name]);
  });

  test.skipIf(!has("pgrep"))(`pgrep -x NAME${skipNote("pgrep")}`, async () => {
    await recipe(["pgrep", "-x", name]);
  });

  async function recipe(words: readonly string[]): Promise<void> {
    const bench = new Bench();
    const running = await startNamed(name);
    bench.run(command(words));
    expect(await bench.next()).toBe("chk 0");
    await running.stop();
    bench.run(command(words));
    expect(await bench.next()).toBe("chk 1");
  }
});
