import { existsSync, readFileSync, symlinkSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { takePortsFrom } from "../../src/io/process/old-processes.ts";
import { endLater } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { runToEnd, startProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir, tempFile } from "../support/temp.ts";
import { canConnect, waitFor } from "../support/wait-for.ts";

const HOLDER = `
  const server = require("node:net").createServer().listen(+process.argv[1], "127.0.0.1", () => {
    console.log("up");
  });
  setInterval(() => undefined, 1000);
  process.on("SIGUSR1", () => server.close());
`;

function listen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => {
      endLater(() => void server.close());
      resolve(true);
    });
  });
}

describe("takePortsFrom()", () => {
  test("gets a port from an old process that lives on", async () => {
    const port = await freePort();
    const args = ["-e", HOLDER, String(port)];
    const holder = await startProcess({ command: process.execPath, args, ready: /up/ });
    const old = { pids: [holder.pid], signal: "SIGUSR1" } as const;
    expect(await takePortsFrom(old, () => listen(port))).toBe(true);
    expect(holder.status()).toBeUndefined();
  });

  test("leaves old processes alone when the ports are free", async () => {
    const port = await freePort();
    // Signalling ourselves would show: nothing here handles SIGTERM and lives.
    const old = { pids: [process.pid], signal: "SIGTERM" } as const;
    expect(await takePortsFrom(old, () => listen(port))).toBe(true);
  });

  test("lets an old process that can pause go on when its ports do not come free", async () => {
    const program = `
      process.on("SIGTTOU", () => console.log("paused"));
      process.on("SIGTTIN", () => console.log("resumed"));
      process.on("SIGUSR1", () => process.exit(1));
      setInterval(() => undefined, 1000);
      console.log("up");
    `;
    const old = await startProcess({
      command: process.execPath,
      args: ["-e", program],
      ready: /up/,
    });
    const pids = { pids: [old.pid], signal: "SIGUSR1" } as const;
    expect(await takePortsFrom(pids, () => Promise.resolve(false))).toBe(false);
    await waitFor(() => old.stdout().includes("resumed"));
    expect(old.stdout()).toContain("paused");
    expect(old.status()).toBeUndefined();
  }, 15_000);

  test("gives up at once when there is nobody to ask", async () => {
    const old = { pids: [], signal: "SIGUSR1" } as const;
    expect(await takePortsFrom(old, () => Promise.resolve(false))).toBe(false);
  });
});

const BIN = path.join(REPOSITORY_DIR, "bin");
const IS_BUILT = existsSync(path.join(REPOSITORY_DIR, "dist/cli/tandem.js"));
const NOTE = IS_BUILT ? "" : ' (skipped: not built, run "npm run build")';

describe.skipIf(!IS_BUILT)(`bin/${NOTE}`, () => {
  test.each(["tandem", "haproxy"])("%s works through a symlink", async (name) => {
    const link = path.join(tempDir(), name);
    symlinkSync(path.join(BIN, name), link);
    const ran = await runToEnd({ command: link, args: [name === "tandem" ? "version" : "-v"] });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
  });

  test("haproxy -D returns once the balancer listens, and leaves one process", async () => {
    const port = await freePort();
    const pidfile = path.join(tempDir(), "pid");
    const file = tempFile(
      "d.cfg",
      `listen a\n  mode tcp\n  bind 127.0.0.1:${port}\n  timeout client 1s\n` +
        "  timeout server 1s\n  timeout connect 1s\n",
    );
    const args = ["-D", "-f", file, "-p", pidfile];
    endLater(() => endProcess(pidfile));
    const env = { XDG_RUNTIME_DIR: tempDir() };
    const ran = await runToEnd({ command: path.join(BIN, "haproxy"), args, env });
    expect(ran.code).toBe(0);
    expect(await canConnect(port)).toBe(true);
    const pid = Number(readFileSync(pidfile, "utf8"));
    expect(pid).toBeGreaterThan(1);
  });

  test("haproxy -D shows why it cannot start", async () => {
    const args = ["-D", "-f", tempFile("bad.cfg", "bogus\n")];
    const ran = await runToEnd({ command: path.join(BIN, "haproxy"), args });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("unknown keyword 'bogus'");
  });
});

/** Ends the process of a pid file, if there is one, and waits until it is gone. */
async function endProcess(pidfile: string): Promise<void> {
  if (!existsSync(pidfile)) return;
  const pid = Number(readFileSync(pidfile, "utf8"));
  if (!Number.isSafeInteger(pid) || pid <= 1) return;
  process.kill(pid, "SIGTERM");
  await waitFor(() => !isAlive(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
