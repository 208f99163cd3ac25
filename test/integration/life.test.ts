// A balancer under a guard: beats, the end of either of them, and fitness.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { LIFE_BEAT_VARIABLE, LIFE_FD_VARIABLE } from "../../src/base/life.ts";
import { freePort, freePorts } from "../support/ports.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir, tempFile } from "../support/temp.ts";
import { canConnect, waitFor } from "../support/wait-for.ts";
import { MIB, residentBytes } from "./bad-input-harness.ts";
import { DEFAULTS, openClient, startServer } from "./features-harness.ts";
import { supervise, Supervised } from "./life-harness.ts";

function listen(port: number, servers: string): string {
  return `${DEFAULTS}\nlisten mqtt\n  bind 127.0.0.1:${port}\n  ${servers}\n`;
}

describe("beats", () => {
  test("come after `ready`, as often as asked for, and not while the process is stopped", async () => {
    const echo = await startServer({ echoes: true });
    const port = await freePort();
    const balancer = await supervise(listen(port, `server s1 127.0.0.1:${echo.port}`));
    expect(balancer.messages[0]).toEqual({ kind: "ready", listeners: [`127.0.0.1:${port}`] });
    const beat = await balancer.beat(({ probe }) => probe === "ok");
    expect(beat.fitness).toEqual({ isFit: true, reasons: [] });
    const sinceMs = performance.now();
    const count = balancer.beats().length;
    await waitFor(() => balancer.beats().length >= count + 20);
    // 400 ms at a period of 20 ms; far less would be a flood.
    expect(performance.now() - sinceMs).toBeGreaterThan(200);
    balancer.signal("SIGSTOP");
    await waitFor(() => /^State:\s+T/m.test(statusOf(balancer.pid)));
    // What was written before the stop may still be read; then there is silence.
    let silentSinceMs = performance.now();
    let heard = balancer.messages.length;
    await waitFor(() => {
      if (balancer.messages.length !== heard) silentSinceMs = performance.now();
      heard = balancer.messages.length;
      return performance.now() - silentSinceMs > 300;
    });
    balancer.signal("SIGCONT");
    await balancer.beat();
  });

  test("come as often as the guard says, from then on", async () => {
    const balancer = await supervise(listen(await freePort(), "server s1 127.0.0.1:1"));
    await balancer.beat();
    balancer.send('{"kind":"beat","everyMs":10000}\n');
    // The first one of the new period comes at once; those under way may come before it.
    let heard = -1;
    let silentSinceMs = 0;
    await waitFor(() => {
      if (balancer.beats().length !== heard) silentSinceMs = performance.now();
      heard = balancer.beats().length;
      return performance.now() - silentSinceMs > 1_000;
    });
    balancer.send('{"kind":"beat","everyMs":20}\n{"kind":"beat"}\n');
    await waitFor(() => balancer.beats().length >= heard + 20);
  });

  test("are left out while the guard reads nothing, and go on when it does", async () => {
    // Beats full of reasons fill the pipe within a second.
    const sections = Array.from({ length: 16 }, (_, index) => {
      const name = `mqtt${index}-${"x".repeat(80)}`;
      return `listen ${name}\n  bind 127.0.0.1:@${index}\n  server s1 127.0.0.1:1 check inter 1h\n`;
    });
    const ports = await freePorts(16);
    const config = sections.join("").replace(/@(\d+)/g, (_, index: string) => `${ports[+index]!}`);
    const balancer = await supervise(DEFAULTS + config, { [LIFE_BEAT_VARIABLE]: "5" });
    await balancer.beat(({ probeCount }) => probeCount === 1);
    const before = residentBytes(balancer.pid);
    balancer.setReading(false);
    balancer.send(`${"x".repeat(100_000)}\n`);
    const sinceMs = performance.now();
    // Probes once a second number the beats: some numbers must be missing afterwards.
    await waitFor(() => performance.now() - sinceMs > 4_000);
    expect(await canConnect(ports[0]!)).toBe(true);
    const from = balancer.beats().length;
    balancer.setReading(true);
    await balancer.beat(({ probeCount }) => probeCount! >= 4);
    const counts = balancer
      .beats()
      .slice(from - 1)
      .map(({ probeCount }) => probeCount!);
    const jumps = counts.slice(1).map((count, index) => count - counts[index]!);
    expect(Math.max(...jumps)).toBeGreaterThan(1);
    expect(residentBytes(balancer.pid) - before).toBeLessThan(32 * MIB);
  });
});

describe("the end", () => {
  test("of the guard: no more connections, sessions go on, and with the last one it ends", async () => {
    const echo = await startServer({ echoes: true });
    const port = await freePort();
    const balancer = await supervise(listen(port, `server s1 127.0.0.1:${echo.port}`));
    const client = openClient(port);
    client.socket.write("one");
    await client.gets("one");
    balancer.dropPipe();
    await waitFor(async () => !(await canConnect(port)));
    expect(balancer.output()).toContain("the guard has ended: no more connections are taken");
    client.socket.write("two");
    await client.gets("onetwo");
    client.socket.end();
    expect(await balancer.exited).toEqual({ code: 0, signal: null });
  });

  test("of the balancer is told with its reason, and beats go on while sessions do", async () => {
    const echo = await startServer({ echoes: true });
    const port = await freePort();
    const balancer = await supervise(listen(port, `server s1 127.0.0.1:${echo.port}`));
    const client = openClient(port);
    client.socket.write("one");
    await client.gets("one");
    balancer.signal("SIGUSR1");
    const stopping = await balancer.message(({ kind }) => kind === "stopping");
    expect(stopping).toEqual({ kind: "stopping", reason: "SIGUSR1" });
    const beat = await balancer.beat();
    expect(beat.fitness).toEqual({ isFit: false, reasons: ["the balancer is stopping"] });
    balancer.signal("SIGTERM");
    expect(await balancer.exited).toEqual({ code: 0, signal: null });
  });

  test("of a start that fails is told with the first alert", async () => {
    const file = tempFile("haproxy.cfg", "listen a\n  bind 127.0.0.1:1\n  bogus\n");
    const tandem = path.join(REPOSITORY_DIR, "bin", "tandem");
    const balancer = new Supervised([tandem, "balancer", "-f", file]);
    expect(await balancer.exited).toEqual({ code: 1, signal: null });
    expect(balancer.messages).toHaveLength(1);
    expect(balancer.messages[0]).toMatchObject({
      kind: "stopping",
      reason: expect.stringContaining("unknown keyword 'bogus'") as string,
    });
  });
});

test("fitness follows the brokers", async () => {
  const broker = await startServer();
  const port = await freePort();
  const server = `server s1 127.0.0.1:${broker.port} check inter 50 rise 1 fall 1`;
  const balancer = await supervise(listen(port, server));
  await balancer.beat(({ fitness }) => fitness.isFit);
  broker.stop();
  const { fitness } = await balancer.beat(({ fitness: { isFit } }) => !isFit);
  expect(fitness.reasons).toEqual(["backend mqtt of frontend mqtt has no usable server"]);
  await startServer({ listen: { port: broker.port, host: "127.0.0.1" } });
  await balancer.beat(({ fitness: { isFit } }) => isFit);
});

test("a node is not fit before each check has had a result", async () => {
  // Accepts and never answers: the check ends by its timeout.
  const mute = await startServer();
  const port = await freePort();
  const balancer = await supervise(`${DEFAULTS}
listen mqtt
  bind 127.0.0.1:${port}
  option tcp-check
  tcp-check expect string never
  timeout check 300ms
  server s1 127.0.0.1:${mute.port} check inter 100 fall 1
  server s2 127.0.0.1:${mute.port}
`);
  const { fitness } = balancer.beats()[0] ?? (await balancer.beat());
  expect(fitness.reasons).toEqual(["no check has ended yet of server mqtt/s1"]);
  // The failed check is a result: s2 serves.
  await balancer.beat(({ fitness: { isFit } }) => isFit);
});

test("what the balancer starts has neither the variables nor the descriptor", async () => {
  const port = await freePort();
  const dir = tempDir();
  const out = path.join(dir, "out");
  const script = '#!/bin/sh\n{ env; ls -l /proc/$$/fd; echo "end"; } >"$OUT"\n';
  writeFileSync(path.join(dir, "systemd-notify"), script, { mode: 0o755 });
  await supervise(listen(port, "server s1 127.0.0.1:1"), {
    OUT: out,
    PATH: `${dir}:${process.env["PATH"]!}`,
    // An abstract socket, which only the tool can send to.
    NOTIFY_SOCKET: "@tandem-test-nobody",
  });
  const seen = await waitFor(() => {
    const text = existsSync(out) ? readFileSync(out, "utf8") : "";
    return text.endsWith("end\n") && text;
  });
  expect(seen).toContain("OUT=");
  expect(seen).not.toContain("TANDEM_LIFE");
  expect(seen).not.toMatch(/ 3 -> socket:/);
});

test("a variable that names no pipe is told of, and the balancer runs on its own", async () => {
  const port = await freePort();
  for (const fd of ["77", "soon", "-1"]) {
    const tandem = await startTandem({
      config: listen(port, "server s1 127.0.0.1:1"),
      env: { [LIFE_FD_VARIABLE]: fd },
    });
    expect(tandem.process.stderr()).toContain(`${LIFE_FD_VARIABLE} must name the descriptor`);
    await tandem.stop();
  }
});

function statusOf(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, "utf8");
}
