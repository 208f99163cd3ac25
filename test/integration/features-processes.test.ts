// bin/haproxy as service scripts use it: taking over, going to the background, checking.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { runToEnd, startProcess, type RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir, tempFile } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { DEFAULTS, greeting, openClient, startServer } from "./features-harness.ts";

const HAPROXY = path.join(REPOSITORY_DIR, "bin", "haproxy");

async function startShim(config: string, ...args: string[]): Promise<RunningProcess> {
  return startProcess({
    command: HAPROXY,
    args: ["-db", "-f", config, ...args],
    env: { XDG_RUNTIME_DIR: tempDir() },
    ready: /"msg":"ready"/,
  });
}

async function configTo(name: string, port: number): Promise<string> {
  const { port: serverPort } = await startServer({ greeting: name, echoes: true });
  const text = `listen l\n  bind 127.0.0.1:${port}\n  server s 127.0.0.1:${serverPort}\n`;
  return tempFile("haproxy.cfg", DEFAULTS + text);
}

describe("bin/haproxy", () => {
  test("-sf takes the port, the old process lives until its last client leaves", async () => {
    const port = await freePort();
    const before = await startShim(await configTo("old", port));
    const client = openClient(port);
    expect(await client.gets("old")).toBe("old");
    await startShim(await configTo("new", port), "-sf", String(before.pid));
    await expect.poll(() => greeting(openClient(port)), { timeout: 10_000 }).toBe("new");
    client.socket.write("still here");
    expect(await client.gets("still here")).toBe("oldstill here");
    expect(before.status()).toBeUndefined();
    client.socket.end();
    expect(await before.exited).toEqual({ code: 0, signal: null });
  });

  test("-st ends the old process and its clients", async () => {
    const port = await freePort();
    const before = await startShim(await configTo("old", port));
    const client = openClient(port);
    await client.gets("old");
    await startShim(await configTo("new", port), "-st", String(before.pid));
    expect(await client.ended).toMatch(/^(end|ECONNRESET)$/);
    await before.exited;
    expect(await greeting(openClient(port))).toBe("new");
  });

  test("-D leaves a process that serves, names it in its pid file and removes that", async () => {
    const port = await freePort();
    const pidfile = path.join(tempDir(), "haproxy.pid");
    const config = await configTo("daemon", port);
    const args = ["-D", "-p", pidfile, "-f", config];
    const env = { XDG_RUNTIME_DIR: tempDir() };
    const end = (): void => {
      if (existsSync(pidfile)) process.kill(Number(readFileSync(pidfile, "utf8")), "SIGTERM");
    };
    endLater(end);
    const ran = await runToEnd({ command: HAPROXY, args, env });
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(await greeting(openClient(port))).toBe("daemon");
    end();
    await waitFor(() => !existsSync(pidfile));
    await expect.poll(() => greeting(openClient(port))).toMatch(/^closed/);
  });

  test.each([
    ["valid", `${DEFAULTS}listen a\n  bind 127.0.0.1:1\n`, 0],
    ["wrong", `${DEFAULTS}listen a\n  bind 127.0.0.1:1\n  bogus\n`, 1],
    ["without a listener", DEFAULTS, 2],
  ])("-c says of a configuration that it is %s", async (_name, text, code) => {
    const ran = await runToEnd({ command: HAPROXY, args: ["-c", "-f", tempFile("x.cfg", text)] });
    expect(ran.code).toBe(code);
  });
});
