// bin/balancer-child.js: how the guard starts a balancer, at once or kept in reserve.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import module from "node:module";
import path from "node:path";
import { expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { runToEnd } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir, tempFile } from "../support/temp.ts";
import { canConnect, waitFor, waitForPort } from "../support/wait-for.ts";
import { DEFAULTS } from "./features-harness.ts";
import { Supervised } from "./life-harness.ts";

const SCRIPT = path.join(REPOSITORY_DIR, "bin", "balancer-child.js");

function options(port: number, more: object = {}): string {
  const listen = `listen a\n  bind 127.0.0.1:${port}\n  server s1 127.0.0.1:1\n`;
  const file = tempFile("haproxy.cfg", DEFAULTS + listen);
  const controlPath = path.join(tempDir(), "control.sock");
  return JSON.stringify({ files: [file], controlPath, ...more });
}

function spawnStandby(port: number) {
  const child = spawn(process.execPath, [SCRIPT, options(port, { standby: true })], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  endLater(() => void child.kill("SIGKILL"));
  return child;
}

/** Whether the event loop of a process waits for its stdin (proc(5), fdinfo of epoll). */
function pollsStdin(pid: number): boolean {
  const dir = `/proc/${pid}/fdinfo`;
  return readdirSync(dir).some((fd) => {
    try {
      return /^tfd:\s+0 /m.test(readFileSync(path.join(dir, fd), "utf8"));
    } catch {
      return false; // Closed meanwhile.
    }
  });
}

test("starts with options as JSON and beats", async () => {
  const port = await freePort();
  const balancer = new Supervised([process.execPath, SCRIPT, options(port)]);
  const ready = await balancer.message(() => true);
  expect(ready).toEqual({ kind: "ready", listeners: [`127.0.0.1:${port}`] });
  await balancer.beat(({ probe }) => probe === "ok");
  balancer.signal("SIGTERM");
  expect(await balancer.exited).toEqual({ code: 0, signal: null });
});

test("says what is wrong with its options", async () => {
  const ended = await runToEnd({ command: process.execPath, args: [SCRIPT, '{"files":1}'] });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toBe(
    "balancer-child: option 'files' expects the names of configuration files\n",
  );
});

test("compiled code is kept where no other user can put any", async () => {
  const folder = tempDir();
  const args = [SCRIPT, '{"files":1}'];
  await runToEnd({ command: process.execPath, args, env: { TMPDIR: folder } });
  // Node 20 keeps none.
  const expected = "enableCompileCache" in module ? [`tandem-code-${process.geteuid!()}`] : [];
  expect(readdirSync(folder)).toEqual(expected);
  for (const name of expected) expect(readdirSync(path.join(folder, name))).toHaveLength(1);
});

test("in reserve it opens nothing before it is needed, and then runs without its stdin", async () => {
  const port = await freePort();
  const child = spawnStandby(port);
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  await waitFor(() => pollsStdin(child.pid!));
  expect(await canConnect(port)).toBe(false);
  child.stdin.end("\n");
  await waitForPort(port);
  await waitFor(() => log.includes('"msg":"ready"'));
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("in reserve it ends when nobody can need it any more", async () => {
  const child = spawnStandby(await freePort());
  child.stdin.end();
  expect(await once(child, "exit")).toEqual([0, null]);
});
