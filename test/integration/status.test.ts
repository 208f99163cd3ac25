// `tandem status` beside a real balancer, and without one.
import { spawnSync } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { BALANCER_SHAPE } from "../../cli/status/report-shapes.ts";
import type { StatusDocument } from "../../cli/status/document.ts";
import { misfit } from "../../src/base/shape.ts";
import { endLater } from "../support/cleanup.ts";
import { freePorts } from "../support/ports.ts";
import { startProcess } from "../support/process.ts";
import { findProgram } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { runTandem, startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const TANDEM = path.join(REPOSITORY_DIR, "bin", "tandem");

/** A broker that takes connections and says nothing. */
async function startBroker(port: number): Promise<net.Server> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  endLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server;
}

async function startBalancer() {
  const [port, first, second] = await freePorts(3);
  await startBroker(first!);
  const tandem = await startTandem({
    config: `defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m
frontend mqtt
  bind 127.0.0.1:${port}
  default_backend brokers
backend brokers
  stick-table type string len 32 size 1k expire 1h
  stick on src
  server b1 127.0.0.1:${first} check inter 100
  server b2 127.0.0.1:${second} check inter 100
`,
  });
  return { tandem, port: port!, second: second! };
}

async function statusOf(control: string): Promise<StatusDocument & { readonly code: number }> {
  const { code, stdout } = await runTandem(["status", "--json", "--control", control]);
  return { ...(JSON.parse(stdout) as StatusDocument), code: code! };
}

describe("tandem status", () => {
  test("shows a balancer as it is, for programs and for people", async () => {
    const { tandem, port, second } = await startBalancer();
    const degraded = await waitFor(async () => {
      const found = await statusOf(tandem.controlPath);
      return found.problems.some(({ text }) => text.includes("b2")) ? found : undefined;
    });
    expect(misfit(degraded.balancer, BALANCER_SHAPE, "balancer")).toBeUndefined();
    expect(degraded).toMatchObject({ schemaVersion: 1, state: "degraded", code: 1, guard: null });
    expect(degraded.balancer).toMatchObject({ pid: tandem.pid, sessionCount: 0 });
    expect(degraded.problems[0]!.text).toMatch(
      /^broker brokers\/b2 is DOWN for .*: L4CON Connection refused$/,
    );
    await startBroker(second);
    const client = net.connect(port, "127.0.0.1");
    endLater(() => {
      client.destroy();
    });
    const well = await waitFor(async () => {
      const found = await statusOf(tandem.controlPath);
      return found.code === 0 && found.balancer?.sessionCount === 1 ? found : undefined;
    });
    expect(well).toMatchObject({ state: "ok", problems: [] });
    expect(well.balancer!.listeners).toEqual([
      { address: `127.0.0.1:${port}`, frontend: "mqtt", sessionCount: 1 },
    ]);
    expect(well.balancer!.tables).toMatchObject([{ name: "brokers", type: "string" }]);
    const { stdout, stderr, code } = await runTandem(["status", "--control", tandem.controlPath]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toMatch(/^ {2}brokers {2}b1 {6}UP .* L4OK \d+ ms$/m);
    expect(stdout).not.toContain("\u001b");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("says that nobody answers, where it asked, and what to do", async () => {
    const dir = tempDir();
    const { stdout, code } = await runTandem(["status", "--control-dir", dir]);
    expect(code).toBe(2);
    expect(stdout.replace(/\n */g, " ")).toContain(`no balancer answers at "${dir}/balancer.sock"`);
    expect(stdout).toContain("--control-dir FOLDER");
  });

  test("tells a balancer that is dead or hangs from one that is not there", async () => {
    const { tandem } = await startBalancer();
    process.kill(tandem.pid, "SIGSTOP");
    const silent = await statusOf(tandem.controlPath);
    expect(silent).toMatchObject({ state: "down", code: 2 });
    expect(silent.problems[0]!.text).toContain("does not answer (no answer within 5 s)");
    process.kill(tandem.pid, "SIGKILL");
    await tandem.process.exited;
    const dead = await statusOf(tandem.controlPath);
    expect(dead.problems[0]!.text).toContain("the balancer has ended: nobody listens at");
  });

  test.each([
    [["--jsn"], "unknown option or argument 'jsn'; did you mean '--json' maybe ?"],
    [["--json", "--watch"], "--json and --watch are given: one of them is expected"],
  ])("refuses %j", async (words, text) => {
    const { code, stderr } = await runTandem(["status", ...words]);
    expect(code).toBe(1);
    expect(stderr).toContain(text);
  });
});

const script = findProgram("script");

describe.skipIf(script === undefined)("on a terminal", () => {
  test("there are colours, and none with NO_COLOR", () => {
    const dir = tempDir();
    const run = (environment: Readonly<Record<string, string>>): string =>
      spawnSync(script!, ["-qec", `${TANDEM} status --control-dir ${dir}`, "/dev/null"], {
        env: { ...process.env, TERM: "xterm", NO_COLOR: "", ...environment },
        encoding: "utf8",
        timeout: 10_000,
      }).stdout;
    expect(run({})).toContain("\u001b[");
    expect(run({ NO_COLOR: "1" })).not.toContain("\u001b[");
  });

  test("--watch draws again, follows the node, and leaves the terminal as it was", async () => {
    const { tandem } = await startBalancer();
    const command = `exec ${TANDEM} status --watch --control ${tandem.controlPath}`;
    const watch = await startProcess({
      command: script!,
      args: ["-qefc", command, "/dev/null"],
      env: { TERM: "xterm", NO_COLOR: "" },
      ready: /b2 .*DOWN/,
    });
    expect(watch.stdout()).toContain("\u001b[?1049h\u001b[?25l");
    await tandem.stop();
    await watch.waitForOutput(/no balancer answers at/);
    expect(watch.stdout()).not.toContain("\u001b[?1049l");
    const children = spawnSync("pgrep", ["-P", String(watch.pid)], { encoding: "utf8" }).stdout;
    process.kill(Number(children.trim()), "SIGTERM");
    expect(await watch.exited).toMatchObject({ code: 2 });
    expect(watch.stdout()).toContain("\u001b[?25h\u001b[?1049l");
  });
});
