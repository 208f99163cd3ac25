// Whether balancers practise, and when they leave off, with whole processes. What they do meanwhile is the
// business of rehearse-sessions.test.ts.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { LIFE_BEAT_VARIABLE } from "../../src/base/life.ts";
import { REHEARSAL_AT_ONCE } from "../../src/limits.ts";
import { compileProgram } from "../support/compiled.ts";
import { freePort } from "../support/ports.ts";
import { PRACTICE_DIR_VARIABLE, type PracticeNote } from "../support/practice-gate.ts";
import { has } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { DEFAULTS, openClient, startServer } from "./features-harness.ts";
import { compilePrograms, type FakeNode, realBalancer, startNode } from "./guard-harness.ts";
import { supervise, type Supervised } from "./life-harness.ts";

/** A process that stands still for a second right then gives its practice up. */
const STALLS = { retry: 2 };

let gateProgram = "";

beforeAll(() => {
  gateProgram = compileProgram("test/support/practice-gate.ts");
  compilePrograms();
});

/** Holds the practice of processes before the first device. */
class Gate {
  readonly #dir = tempDir();
  /** For the processes. */
  readonly env = {
    [PRACTICE_DIR_VARIABLE]: this.#dir,
    NODE_OPTIONS: `--import ${pathToFileURL(gateProgram).href}`,
  };

  open(): void {
    writeFileSync(path.join(this.#dir, "open"), "");
  }

  /** How often a process has noted this. */
  count(pid: number, word: PracticeNote): number {
    const file = path.join(this.#dir, "notes");
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    return lines.filter((line) => line === `${pid} ${word}`).length;
  }

  async noted(pid: number, word: PracticeNote): Promise<void> {
    const what = `practice of ${pid}: ${word}`;
    await waitFor(() => this.count(pid, word) > 0, { what, timeoutMs: 60_000 });
  }

  /** Opens, and gives the number of devices that the process served. */
  async devicesOf(pid: number): Promise<number> {
    this.open();
    await this.noted(pid, "over");
    return this.count(pid, "device");
  }
}

function listen(port: number, brokerPort: number): string {
  return `${DEFAULTS}\nlisten mqtt\n  bind 127.0.0.1:${port}\n  server s1 127.0.0.1:${brokerPort}\n`;
}

/** A balancer whose practice is at its gate. */
async function practising(gate: Gate, config: string): Promise<Supervised> {
  // Hardly any beats but those that are asked for.
  const balancer = await supervise(config, { ...gate.env, [LIFE_BEAT_VARIABLE]: "10000" });
  balancer.send('{"kind":"vips","held":[]}\n');
  await gate.noted(balancer.pid, "gate");
  return balancer;
}

describe("a balancer under a guard", () => {
  test("practises while nobody needs it", STALLS, async () => {
    const gate = new Gate();
    const balancer = await practising(gate, listen(await freePort(), 1));
    expect(await gate.devicesOf(balancer.pid)).toBeGreaterThanOrEqual(REHEARSAL_AT_ONCE);
  });

  test("leaves off when its node gets an address", async () => {
    const gate = new Gate();
    const balancer = await practising(gate, listen(await freePort(), 1));
    const heard = balancer.messages.length;
    balancer.send('{"kind":"vips","held":["192.0.2.1"]}\n{"kind":"beat","everyMs":20}\n');
    await balancer.message(({ kind }) => kind === "beat", heard);
    expect(await gate.devicesOf(balancer.pid)).toBe(0);
  });

  test("leaves off for its first client", async () => {
    const gate = new Gate();
    const echo = await startServer({ echoes: true });
    const port = await freePort();
    const balancer = await practising(gate, listen(port, echo.port));
    const client = openClient(port);
    client.socket.write("one");
    await client.gets("one");
    expect(await gate.devicesOf(balancer.pid)).toBe(0);
  });

  test("leaves off when it is to stop", async () => {
    const gate = new Gate();
    const balancer = await practising(gate, listen(await freePort(), 1));
    balancer.signal("SIGTERM");
    await balancer.message(({ kind }) => kind === "stopping");
    gate.open();
    expect(await balancer.exited).toEqual({ code: 0, signal: null });
    expect(gate.count(balancer.pid, "device")).toBe(0);
  });
});

describe("a balancer in reserve", { timeout: 180_000 }, () => {
  /** A guard whose reserve is at its gate. */
  async function startReserved(gate: Gate): Promise<{ node: FakeNode; pid: number }> {
    const file = path.join(tempDir(), "haproxy.cfg");
    writeFileSync(file, listen(await freePort(), 1));
    const commands = realBalancer(file, gate.env);
    // A reserve that gives way to all others may get no CPU for seconds.
    const isUnprivileged = process.getuid?.() === 0 && has("setpriv");
    const settings = { hasReserve: true };
    const node = await startNode({ settings, isUnprivileged, ...commands });
    const [, pid] = await node.process.waitForOutput(/Process (\d+) stands in reserve/, 60_000);
    await gate.noted(Number(pid), "gate");
    return { node, pid: Number(pid) };
  }

  test("practises", STALLS, async () => {
    const gate = new Gate();
    const { pid } = await startReserved(gate);
    expect(await gate.devicesOf(pid)).toBeGreaterThanOrEqual(REHEARSAL_AT_ONCE);
  });

  test("leaves off when it is woken", async () => {
    const gate = new Gate();
    const { node, pid } = await startReserved(gate);
    process.kill(await node.processOf("balancer", 1), "SIGKILL");
    expect(await node.processOf("balancer", 2)).toBe(pid);
    await node.guardNote(/Balancer \(run 2\) is ready/);
    expect(await gate.devicesOf(pid)).toBe(0);
  });
});
