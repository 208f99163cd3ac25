// What a real balancer in reserve is worth: from kill -9 to the next "ready", with and without it.
// The figures are printed; the bounds are generous. A busy machine makes a reserve load for long.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/ports.ts";
import { tempDir } from "../support/temp.ts";
import { canConnect, waitFor, waitForPort } from "../support/wait-for.ts";
import {
  compilePrograms,
  type FakeNode,
  isThere,
  realBalancer,
  startNode,
  wallMs,
} from "./guard-harness.ts";

const RUNS = 7;

beforeAll(compilePrograms);

interface Served {
  readonly node: FakeNode;
  readonly port: number;
}

async function startServing(hasReserve: boolean): Promise<Served> {
  const port = await freePort();
  const file = path.join(tempDir(), "haproxy.cfg");
  const timeouts = "timeout connect 1s\n timeout client 9s\n timeout server 9s\n";
  writeFileSync(
    file,
    `defaults\n mode tcp\n ${timeouts}listen mqtt\n bind 127.0.0.1:${port}\n server s1 127.0.0.1:1\n`,
  );
  const node = await startNode({ settings: { hasReserve }, ...realBalancer(file) });
  return { node, port };
}

/** Waits for the reserve of this number to be loaded; gives its process id. */
async function loadedReserve({ node }: Served, number = 1): Promise<number> {
  const pattern = /Process (\d+) stands in reserve/;
  await node.guardNote(pattern, number);
  const notes = node.guardNotes().filter(({ text }) => pattern.test(text));
  const pid = Number(pattern.exec(notes[number - 1]!.text)![1]);
  await waitFor(() => pollsStdin(pid), { what: "a reserve that waits", timeoutMs: 60_000 });
  return pid;
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

async function restartMs({ node }: Served): Promise<number> {
  const killedMs = wallMs();
  process.kill(await node.processOf("balancer", 1), "SIGKILL");
  return (await node.guardNote(/Balancer \(run 2\) is ready/)) - killedMs;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!;
}

describe("guard: a real balancer in reserve", { timeout: 90_000 }, () => {
  test("says and opens nothing before it is woken, and serves afterwards", async () => {
    const served = await startServing(true);
    const { node, port } = served;
    const pid = await loadedReserve(served);
    expect(node.process.output()).not.toContain("cannot be understood");
    process.kill(await node.processOf("balancer", 1), "SIGKILL");
    expect(await node.processOf("balancer", 2)).toBe(pid);
    await node.childNote("agent", "report serving", 2);
    await waitForPort(port);
    // What it is now is what any balancer is: it is watched, reloaded, and ended by a signal.
    node.process.kill("SIGHUP");
    await node.process.waitForOutput(/"msg":"reloaded"/);
    process.kill(pid, "SIGSTOP");
    await node.guardNote(/Balancer \(run 2\) is lost/);
    await node.childNote("agent", "report serving", 3);
    node.process.kill("SIGTERM");
    expect(await node.process.exited).toEqual({ code: 0, signal: null });
  });

  test("ends when the guard is killed", async () => {
    const served = await startServing(true);
    const pid = await loadedReserve(served);
    served.node.process.kill("SIGKILL");
    await waitFor(() => !isThere(pid), { what: "the end of the reserve" });
    await waitFor(async () => !(await canConnect(served.port)), { what: "the listener's end" });
  });

  test(`from kill -9 to "ready", median of ${RUNS}`, { timeout: 300_000 }, async () => {
    const delays = { with: [] as number[], without: [] as number[] };
    for (let run = 0; run < RUNS; run++) {
      const plain = await startServing(false);
      delays.without.push(await restartMs(plain));
      await plain.node.process.stop();
      const reserved = await startServing(true);
      await loadedReserve(reserved);
      delays.with.push(await restartMs(reserved));
      await reserved.node.process.stop();
    }
    for (const [how, values] of Object.entries(delays)) {
      const most = Math.max(...values).toFixed(1);
      console.log(`${how} reserve: median ${medianOf(values).toFixed(1)} ms, most ${most} ms`);
    }
    expect(medianOf(delays.with)).toBeLessThan(medianOf(delays.without));
    expect(medianOf(delays.with)).toBeLessThan(150);
  });
});
