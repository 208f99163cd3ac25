import { createServer } from "node:net";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { CheckMethod } from "../../src/config/model/check.ts";
import type { Timeouts } from "../../src/config/model/proxy.ts";
import type { Server } from "../../src/config/model/server.ts";
import { planAgent, planCheck } from "../../src/health/plan.ts";
import type { CheckReport } from "../../src/health/result.ts";
import { CheckRunner } from "../../src/io/checks/runner.ts";
import { unixPath } from "../../src/io/mover/endpoints.ts";
import { endLater } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { backend, checkSettings, connectRule, server, tcpExpect } from "../unit/health/fixtures.ts";

const TCP: CheckMethod = { kind: "tcp" };

interface Reported {
  readonly report: CheckReport;
  readonly reply?: string;
}

/** A runner that collects what it reports. */
function startRunner(): { readonly runner: CheckRunner; readonly reports: Map<string, Reported> } {
  const reports = new Map<string, Reported>();
  const runner = new CheckRunner({
    nowMs: () => performance.now(),
    onReport: (name, report) => void reports.set(name, { report }),
    onAgentReply: (name, report, reply) =>
      void reports.set(name, { report, ...(reply === undefined ? {} : { reply }) }),
    tlsFor: () => undefined,
  });
  endLater(() => runner.close());
  return { runner, reports };
}

async function listen(
  accept: (socket: Socket) => void,
  where: { readonly path: string } | { readonly port: number; readonly host: string } = {
    port: 0,
    host: "127.0.0.1",
  },
): Promise<NetServer> {
  const sockets = new Set<Socket>();
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    accept(socket);
  });
  await new Promise<void>((resolve) => listener.listen(where, resolve));
  endLater(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  return listener;
}

function portOf(listener: NetServer): number {
  return (listener.address() as AddressInfo).port;
}

function at(port: number): Pick<Server, "address"> {
  return { address: { kind: "ip", family: 4, host: "127.0.0.1", port } };
}

function plan(method: CheckMethod, overrides: Partial<Server>, timeouts: Timeouts = {}) {
  const checked = server(overrides);
  return planCheck(backend("be", [checked], method, timeouts), checked)!;
}

async function reportOf(reports: Map<string, Reported>, name: string): Promise<CheckReport> {
  const found = await waitFor(() => reports.get(name), { what: `a report on ${name}` });
  return found.report;
}

describe("CheckRunner", () => {
  test("finds a silent broker up by a plain check and down by a script", async () => {
    const port = portOf(await listen((socket) => socket.pause()));
    const { runner, reports } = startRunner();
    runner.start("plain", plan(TCP, at(port)));
    const rules = [connectRule(), tcpExpect("binary", "2002")];
    runner.start("script", plan({ kind: "tcp-check", rules }, at(port), { check: 100 }));
    expect(await reportOf(reports, "plain")).toMatchObject({ ok: true, code: "L4OK" });
    const silent = await reportOf(reports, "script");
    expect(silent).toMatchObject({ ok: false, code: "L7TOUT" });
    expect(silent.durationMs).toBeGreaterThanOrEqual(100);
  });

  test("closes plain connections by reset, and in order with `linger`", async () => {
    const ends: string[] = [];
    const port = portOf(
      await listen((socket) => {
        socket.resume();
        socket.once("end", () => {
          ends.push("end");
          socket.destroy();
        });
        socket.once("error", (error: NodeJS.ErrnoException) => ends.push(error.code ?? ""));
      }),
    );
    const { runner, reports } = startRunner();
    runner.start("reset", plan(TCP, at(port)));
    await reportOf(reports, "reset");
    await waitFor(() => ends.length === 1);
    const rules = [connectRule({ linger: true })];
    runner.start("linger", plan({ kind: "tcp-check", rules }, at(port)));
    await waitFor(() => ends.length === 2);
    expect(ends).toEqual(["ECONNRESET", "end"]);
  });

  test("sends PROXY headers that HAProxy would send", async () => {
    const got = new Map<number, Buffer>();
    const listener = await listen((socket) => {
      socket.on("data", (bytes: Buffer) => {
        got.set(socket.remotePort ?? 0, bytes);
        socket.end("ok");
      });
    });
    const port = portOf(listener);
    const { runner, reports } = startRunner();
    const rules = [connectRule({ sendProxy: true }), tcpExpect("string", "ok")];
    const method: CheckMethod = { kind: "tcp-check", rules };
    runner.start("v1", plan(method, at(port)));
    await reportOf(reports, "v1");
    const [[clientPort, line]] = [...got] as [[number, Buffer]];
    expect(line.toString()).toBe(`PROXY TCP4 127.0.0.1 127.0.0.1 ${clientPort} ${port}\r\n`);
    got.clear();
    runner.start("v2", plan(method, { ...at(port), sendProxy: { version: 2, options: [] } }));
    await reportOf(reports, "v2");
    expect([...got.values()][0]?.toString("hex")).toBe("0d0a0d0a000d0a515549540a20000000");
  });

  test("checks abstract sockets, whose names HAProxy fills up to the whole length", async () => {
    const { runner, reports } = startRunner();
    const name = `tandem-checks-${process.pid}`;
    await listen((socket) => socket.end(), { path: unixPath(name, true) });
    const address = { kind: "unix", path: name, abstract: true } as const;
    runner.start("abstract", plan(TCP, { address }));
    expect(await reportOf(reports, "abstract")).toMatchObject({ ok: true, code: "L4OK" });
  });

  test("checks unix sockets, and says which error a missing one gives", async () => {
    const file = path.join(tempDir(), "broker.sock");
    await listen((socket) => socket.resume(), { path: file });
    const { runner, reports } = startRunner();
    const unix = (name: string): Pick<Server, "address"> => ({
      address: { kind: "unix", path: name, abstract: false },
    });
    runner.start("there", plan(TCP, unix(file)));
    runner.start("gone", plan(TCP, unix(`${file}.gone`)));
    expect(await reportOf(reports, "there")).toMatchObject({ ok: true, code: "L4OK" });
    expect(await reportOf(reports, "gone")).toMatchObject({
      code: "L4CON",
      info: "No such file or directory",
    });
  });

  test("connects from the source address", async () => {
    let from: string | undefined;
    const port = portOf(await listen((socket) => void (from = socket.remoteAddress)));
    const { runner, reports } = startRunner();
    runner.start("s", plan(TCP, { ...at(port), source: { host: "127.0.0.7" } }));
    await reportOf(reports, "s");
    await waitFor(() => from !== undefined);
    expect(from).toBe("127.0.0.7");
  });

  test("asks agents beside checks of the same server and hands their line over", async () => {
    const agentPort = portOf(
      await listen((socket) => {
        socket.once("data", (bytes: Buffer) => socket.end(`75% ${bytes.toString()}`));
      }),
    );
    const checked = server({ agent: { port: agentPort, intervalMs: 2000, send: "up\n" } });
    const { runner, reports } = startRunner();
    runner.start("s", planAgent(backend("be", [checked], TCP), checked)!);
    expect(await reportOf(reports, "s")).toMatchObject({ code: "L7OK", info: "via agent : up" });
    expect(reports.get("s")?.reply).toBe("75% up");
  });

  test("says nothing of an aborted check and closes its connection", async () => {
    let closed = 0;
    let opened = 0;
    const port = portOf(
      await listen((socket) => {
        opened += 1;
        socket.resume().once("close", () => (closed += 1));
      }),
    );
    const { runner, reports } = startRunner();
    const rules = [tcpExpect("string", "never")];
    const waiting = plan({ kind: "tcp-check", rules }, at(port));
    runner.start("s", waiting);
    await waitFor(() => opened === 1);
    runner.start("s", waiting);
    await waitFor(() => opened === 2 && closed === 1);
    runner.abort("s");
    await waitFor(() => closed === 2);
    expect(reports.size).toBe(0);
  });

  test("keeps a bounded part of an endless answer", async () => {
    const chunk = "y".repeat(65_536);
    const port = portOf(
      await listen((socket) => {
        const pour = (): void => {
          while (!socket.destroyed && socket.write(chunk));
        };
        socket.on("drain", pour);
        pour();
      }),
    );
    const { runner, reports } = startRunner();
    const rules = [tcpExpect("string", "needle")];
    runner.start("s", plan({ kind: "tcp-check", rules }, at(port)));
    expect(await reportOf(reports, "s")).toMatchObject({
      code: "L7RSP",
      info: "TCPCHK did not match content 'needle' at step 1",
    });
  });

  test("survives checks of 1,000 servers at once, half of them refusing", async () => {
    const open = portOf(await listen((socket) => socket.resume()));
    const shut = await freePort();
    const { runner, reports } = startRunner();
    const check = checkSettings({ intervalMs: 20_000 });
    for (let index = 0; index < 1000; index += 1) {
      runner.start(`s${index}`, plan(TCP, { check, ...at(index % 2 === 0 ? open : shut) }));
    }
    await waitFor(() => reports.size === 1000, { timeoutMs: 20_000, what: "1,000 reports" });
    const codes = [...reports.values()].map(({ report }) => report.code);
    expect(codes.filter((code) => code === "L4OK")).toHaveLength(500);
    expect(codes.filter((code) => code === "L4CON")).toHaveLength(500);
  });
});
