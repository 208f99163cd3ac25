// Checks over TLS. Their sockets are torn down in every phase, because a socket that is destroyed
// under the TLS on it can take the whole process along.
import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import path from "node:path";
import { createServer } from "node:tls";
import { describe, expect, test } from "vitest";
import { planCheck } from "../../src/health/plan.ts";
import type { CheckPlan } from "../../src/health/plan.ts";
import type { CheckReport } from "../../src/health/result.ts";
import { CheckRunner } from "../../src/io/checks/runner.ts";
import { endLater } from "../support/cleanup.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipReason } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { backend, checkSettings, server } from "../unit/health/fixtures.ts";

interface Certificate {
  readonly key: string;
  readonly cert: string;
}

async function certificate(): Promise<Certificate> {
  const dir = tempDir();
  const [key, cert] = [path.join(dir, "key.pem"), path.join(dir, "cert.pem")];
  const subject = ["-subj", "/CN=broker.test", "-addext", "subjectAltName=DNS:broker.test"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-days", "2", "-keyout", key, "-out", cert];
  await runToEnd({ command: "openssl", args: ["req", "-x509", ...curve, ...subject, ...files] });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

/** What a TLS server learned of its clients. */
interface Seen {
  readonly names: string[];
  readonly protocols: string[];
}

async function startServer(options: Certificate): Promise<{ port: number; seen: Seen }> {
  const seen: Seen = { names: [], protocols: [] };
  const sockets = new Set<Socket>();
  const listener = createServer({ ...options, ALPNProtocols: ["mqtt"] }, (socket) => {
    seen.names.push(String(socket.servername));
    seen.protocols.push(String(socket.alpnProtocol));
    socket.on("error", () => undefined);
    socket.resume();
  });
  listener.on("tlsClientError", () => undefined);
  listener.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  endLater(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (listener.address() as AddressInfo).port, seen };
}

function tlsPlan(port: number): CheckPlan {
  const check = checkSettings({ tls: true, sni: "broker.test", alpn: ["mqtt"] });
  const checked = server({ check, address: { kind: "ip", family: 4, host: "127.0.0.1", port } });
  return planCheck(backend("be", [checked], { kind: "tcp" }), checked)!;
}

function startRunner(ca: string | undefined) {
  const reports = new Map<string, CheckReport>();
  const runner = new CheckRunner({
    nowMs: () => performance.now(),
    onReport: (name, report) => void reports.set(name, report),
    onAgentReply: () => undefined,
    tlsFor: () => (ca === undefined ? undefined : { ca }),
  });
  endLater(() => runner.close());
  return { runner, reports };
}

const missing = has("openssl") ? "" : ` (${skipReason("openssl")})`;

describe.skipIf(missing !== "")(`CheckRunner over TLS${missing}`, () => {
  test("verifies the certificate and sends name and protocol", async () => {
    const options = await certificate();
    const { port, seen } = await startServer(options);
    const trusting = startRunner(options.cert);
    trusting.runner.start("s", tlsPlan(port));
    await waitFor(() => trusting.reports.size === 1);
    expect(trusting.reports.get("s")).toMatchObject({ ok: true, code: "L6OK" });
    await waitFor(() => seen.names.length === 1);
    expect(seen).toEqual({ names: ["broker.test"], protocols: ["mqtt"] });
  });

  test("reports a certificate that it cannot trust as a failed handshake", async () => {
    const { port } = await startServer(await certificate());
    const { runner, reports } = startRunner(undefined);
    runner.start("s", tlsPlan(port));
    await waitFor(() => reports.size === 1);
    expect(reports.get("s")).toMatchObject({ code: "L6RSP", info: "SSL handshake failure" });
  });

  test("abort() is safe in every phase of connection and handshake", async () => {
    const options = await certificate();
    const { port } = await startServer(options);
    const { runner, reports } = startRunner(options.cert);
    const plan = tlsPlan(port);
    for (let round = 0; round < 60; round += 1) {
      runner.start("s", plan);
      for (let turn = 0; turn < round % 12; turn += 1) await new Promise(setImmediate);
      runner.abort("s");
    }
    reports.clear();
    runner.start("s", plan);
    await waitFor(() => reports.size === 1);
    expect(reports.get("s")?.code).toBe("L6OK");
  });
});
