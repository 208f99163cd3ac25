// Processes, files and FIFOs of this machine.
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { Fifo, Fifos } from "../../ha/io/fifo.ts";
import { FileWatch, initializeFiles } from "../../ha/io/file-watch.ts";
import { ProcessWatch } from "../../ha/io/process-watch.ts";
import { defaultIdentity, resolveIdentity } from "../../ha/io/script-identity.ts";
import { ScriptLauncher } from "../../ha/io/script-launcher.ts";
import { checkScript } from "../../ha/io/script-security.ts";
import {
  fileConfiguration,
  notifyCommand,
  processConfiguration,
} from "../support/agent-configuration.ts";
import { endLater } from "../support/cleanup.ts";
import { startProcess } from "../support/process.ts";
import { findProgram } from "../support/programs.ts";
import { tempDir, tempFile } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const IS_ROOT = process.getuid?.() === 0;
const LAUNCHER = new ScriptLauncher({ scriptUser: undefined, isScriptSecure: false });
const OWN = { user: String(process.getuid?.()), group: String(process.getgid?.()) };

describe("processes", () => {
  const name = `tdw${process.pid}`;

  function copyOfSleep(): string {
    const file = path.join(tempDir(), name);
    copyFileSync(findProgram("sleep")!, file);
    chmodSync(file, 0o755);
    return file;
  }

  function watch(...wanted: Parameters<typeof processConfiguration>): Map<string, number> {
    const counts = new Map<string, number>();
    const watching = new ProcessWatch((block, count) => counts.set(block, count));
    endLater(() => watching.close());
    watching.reconfigure([processConfiguration(wanted[0])]);
    return counts;
  }

  test("are counted as they come and go", async () => {
    const counts = watch({ words: [name] });
    await waitFor(() => counts.get("proc") === 0);
    const file = copyOfSleep();
    const first = await startProcess({ command: file, args: ["600"] });
    const second = await startProcess({ command: file, args: ["600"] });
    await waitFor(() => counts.get("proc") === 2);
    const stoppedMs = performance.now();
    await Promise.all([first.stop(), second.stop()]);
    await waitFor(() => counts.get("proc") === 0);
    expect(performance.now() - stoppedMs).toBeLessThan(2_000);
  });

  test("are told apart by their parameters", async () => {
    const file = copyOfSleep();
    const counts = watch({ words: [file, "601"] });
    await waitFor(() => counts.get("proc") === 0);
    await startProcess({ command: file, args: ["600"] });
    await startProcess({ command: file, args: ["601"] });
    await waitFor(() => counts.get("proc") === 1);
  });

  test("that are dead but not waited for do not count", async () => {
    const counts = watch({ words: [name] });
    const file = copyOfSleep();
    // The shell becomes a program that does not wait for the child it inherits.
    const parent = spawn("/bin/sh", ["-c", `${file} 600 & echo $!; exec sleep 600`], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    endLater(() => {
      parent.kill("SIGKILL");
    });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once("data", (data: Buffer) => resolve(Number(data.toString())));
    });
    endLater(() => {
      if (existsSync(`/proc/${pid}`)) process.kill(pid, "SIGKILL");
    });
    await waitFor(() => counts.get("proc") === 1);
    process.kill(pid, "SIGKILL");
    await waitFor(() => readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z"));
    await waitFor(() => counts.get("proc") === 0);
  });
});

describe("files", () => {
  function watch(file: string): (number | undefined)[] {
    const seen: (number | undefined)[] = [];
    const watching = new FileWatch((_name, value) => seen.push(value));
    endLater(() => watching.close());
    watching.reconfigure([fileConfiguration({ file })]);
    return seen;
  }

  test("are read at first, at each change, when replaced and when removed", async () => {
    const file = tempFile("weight", "5\n");
    const seen = watch(file);
    await waitFor(() => seen.at(-1) === 5);
    writeFileSync(file, "-3\n");
    await waitFor(() => seen.at(-1) === -3);
    writeFileSync(`${file}.new`, "7\n");
    renameSync(`${file}.new`, file);
    await waitFor(() => seen.at(-1) === 7);
    rmSync(file);
    await waitFor(() => seen.at(-1) === undefined);
    writeFileSync(file, "8\n");
    await waitFor(() => seen.at(-1) === 8);
  });

  test("in a folder that comes later, goes, and comes again are found", async () => {
    const folder = path.join(tempDir(), "later");
    const seen = watch(path.join(folder, "weight"));
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual([undefined]);
    for (const value of [4, 6]) {
      mkdirSync(folder);
      writeFileSync(path.join(folder, "weight"), `${value}\n`);
      await waitFor(() => seen.at(-1) === value);
      rmSync(folder, { recursive: true });
      await waitFor(() => seen.at(-1) === undefined);
    }
  });

  test("that are pipes make nobody wait", async () => {
    const file = path.join(tempDir(), "pipe");
    execFileSync("mkfifo", [file]);
    const seen = watch(file);
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual([undefined]);
  });

  test("are initialised when missing, and overwritten only when told so", async () => {
    const dir = tempDir();
    const [missing, kept, overwritten] = ["a", "b", "c"].map((name) => path.join(dir, name));
    writeFileSync(kept!, "1\n");
    writeFileSync(overwritten!, "1\n");
    const problems = await initializeFiles([
      fileConfiguration({ file: missing!, initial: { value: 9, overwrites: false } }),
      fileConfiguration({ file: kept!, initial: { value: 9, overwrites: false } }),
      fileConfiguration({ file: overwritten!, initial: { value: 9, overwrites: true } }),
      fileConfiguration({ name: "bad", file: dir, initial: { value: 9, overwrites: true } }),
      fileConfiguration({ file: path.join(dir, "no") }),
    ]);
    expect(problems).toEqual(["Cannot initialise track file bad - it is not a regular file"]);
    const texts = [missing, kept, overwritten].map((file) => readFileSync(file!, "utf8"));
    expect(texts).toEqual(["9\n", "1\n", "9\n"]);
  });
});

describe("fifos", () => {
  function open(script?: string): { fifo: Fifo; file: string; logs: string[] } {
    const file = path.join(tempDir(), "fifo");
    const logs: string[] = [];
    const command = script === undefined ? undefined : notifyCommand([script], OWN);
    const fifo = new Fifo({ path: file, script: command }, LAUNCHER, (_level, text) => {
      logs.push(text);
    });
    endLater(() => fifo.close());
    return { fifo, file, logs };
  }

  test("are made, keep lines for a later reader, and go with their owner", async () => {
    const { fifo, file } = open();
    fifo.write("early\n");
    await fifo.ready;
    expect(lstatSync(file).isFIFO()).toBe(true);
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
    fifo.write("late\n");
    const reader = await startProcess({ command: "cat", args: [file] });
    await reader.waitForOutput(/early\nlate\n/);
    await fifo.close();
    await reader.exited;
    expect(existsSync(file)).toBe(false);
  });

  test("that nobody reads lose lines, count them, say so once, and never make anybody wait", async () => {
    const { fifo, file, logs } = open();
    await fifo.ready;
    const line = `${"x".repeat(1_000)}\n`;
    const startMs = performance.now();
    for (let count = 0; count < 1_000; count += 1) fifo.write(line);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(fifo.droppedCount).toBeGreaterThan(800);
    expect(logs).toEqual([`Notices for fifo ${file} are lost: nobody reads it and it is full`]);
  });

  test("feed their program, which gets the path, is started again, and may read to the end", async () => {
    const out = path.join(tempDir(), "out");
    const script = tempFile(
      "reader.sh",
      `#!/bin/sh\nwhile read l; do sleep 0.1; echo "$l"; done < $1 >> ${out}\n`,
    );
    const killed = tempFile(
      "once.sh",
      `#!/bin/sh\n[ -e ${out} ] && exec ${script} "$1"\n: > ${out}; exit 1\n`,
    );
    for (const file of [script, killed]) chmodSync(file, 0o755);
    const { fifo, logs } = open(killed);
    await waitFor(() => logs.length > 0);
    expect(logs).toEqual(["vrrp notify fifo script terminated"]);
    fifo.write('INSTANCE "V" MASTER 100\n');
    await waitFor(() => readFileSync(out, "utf8") === 'INSTANCE "V" MASTER 100\n');
    fifo.write('INSTANCE "V" STOP 100\n');
    await fifo.close();
    expect(readFileSync(out, "utf8")).toBe('INSTANCE "V" MASTER 100\nINSTANCE "V" STOP 100\n');
  });

  test("stay open over a reload that keeps them", async () => {
    const dir = tempDir();
    const logs: string[] = [];
    const fifos = new Fifos(LAUNCHER, (_level, text) => logs.push(text));
    endLater(() => fifos.close());
    const [one, two] = ["one", "two"].map((name) => ({
      path: path.join(dir, name),
      script: undefined,
    }));
    await fifos.reconfigure([one!]);
    fifos.write("first\n");
    await fifos.reconfigure([one!, two!]);
    fifos.write("second\n");
    const reader = await startProcess({ command: "cat", args: [one!.path] });
    await reader.waitForOutput(/first\nsecond\n/);
    const closing = fifos.reconfigure([two!]);
    fifos.write("meanwhile\n");
    await closing;
    const other = await startProcess({ command: "cat", args: [two!.path] });
    await other.waitForOutput(/second\nmeanwhile\n/);
    expect([existsSync(one!.path), existsSync(two!.path)]).toEqual([false, true]);
    expect(logs).toEqual([]);
  });

  test("whose path is something else are refused", async () => {
    const file = tempFile("plain", "keep\n");
    const logs: string[] = [];
    const fifo = new Fifo({ path: file, script: undefined }, LAUNCHER, (_level, text) => {
      logs.push(text);
    });
    await fifo.ready;
    fifo.write("line\n");
    await fifo.close();
    expect(logs[0]).toMatch(/^Unable to open notify fifo .*there is something else of that name/);
    expect(readFileSync(file, "utf8")).toBe("keep\n");
  });
});

describe("script security", () => {
  test("sees what is missing or cannot be executed", () => {
    const dir = tempDir();
    writeFileSync(path.join(dir, "plain"), "");
    expect(checkScript(path.join(dir, "none"))).toBe("missing");
    expect(checkScript("no-program-of-this-name")).toBe("missing");
    expect(checkScript(path.join(dir, "plain"))).toBe("not-executable");
    expect(checkScript(dir)).toBe("not-executable");
  });

  test.skipIf(!IS_ROOT)("trusts only what is root's alone, links and folders included", () => {
    const dir = tempDir();
    const safe = path.join(dir, "safe");
    mkdirSync(safe);
    const file = path.join(safe, "check");
    writeFileSync(file, "#!/bin/sh\n");
    chmodSync(file, 0o755);
    expect([checkScript(file), checkScript("/bin/sh"), checkScript("sh")]).toEqual([
      "ok",
      "ok",
      "ok",
    ]);
    const link = path.join(dir, "link");
    symlinkSync(file, link);
    expect(checkScript(link)).toBe("ok");
    chmodSync(safe, 0o777);
    expect([checkScript(file), checkScript(link)]).toEqual(["insecure", "insecure"]);
    chmodSync(safe, 0o1777);
    expect(checkScript(file)).toBe("ok");
    chmodSync(file, 0o757);
    expect(checkScript(file)).toBe("insecure");
    chmodSync(file, 0o775);
    expect(checkScript(file)).toBe("ok");
    execFileSync("chgrp", ["daemon", file]);
    expect(checkScript(file)).toBe("insecure");
  });
});

test("users and groups are looked up by name or number", () => {
  const files = {
    passwd: tempFile("passwd", "root:x:0:0::/:/bin/sh\nkeepalived_script:x:998:997::/:/bin/sh\n"),
    group: tempFile("group", "root:x:0:\nadm:x:4:syslog\n"),
  };
  expect(resolveIdentity("keepalived_script", undefined, files)).toEqual({ uid: 998, gid: 997 });
  expect(resolveIdentity("998", "adm", files)).toEqual({ uid: 998, gid: 4 });
  expect(resolveIdentity("1234", "5", files)).toEqual({ uid: 1234, gid: 5 });
  expect(resolveIdentity("none", undefined, files)).toMatch(/user "none" is not in/);
  expect(resolveIdentity("root", "none", files)).toMatch(/group "none" is not in/);
  expect(defaultIdentity(files)).toEqual({ uid: 998, gid: 997 });
  expect(defaultIdentity({ ...files, passwd: "/nonexistent" })).toEqual({ uid: 0, gid: 0 });
});
