// Statistics pages of a running balancer: sockets, reloads, limits and TLS.
import { existsSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import type tls from "node:tls";
import { describe, expect, test } from "vitest";
import { connect, parseCsv, request } from "../interop/stats-harness.ts";
import { makeAuthority } from "../support/certificates.ts";
import { freePort, freePorts } from "../support/ports.ts";
import { has, skipReason } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { canConnect, waitFor } from "../support/wait-for.ts";

/** On a machine that is busy a program takes its time to start. */
const READY_MS = 20_000;

const DEFAULTS = `
defaults
  timeout connect 1s
  timeout client 5s
  timeout server 5s
`;

function page(port: number, ...lines: readonly string[]): string {
  const bind = `bind 127.0.0.1:${port}`;
  return `${["listen page", "mode http", bind, "stats enable", ...lines].join("\n  ")}\n`;
}

function relay(name: string, port: number): string {
  return `listen ${name}\n  mode tcp\n  bind 127.0.0.1:${port}\n  server s 127.0.0.1:9\n`;
}

/** Names of the rows that a page shows. */
async function rowsOf(port: number, target = "/haproxy?stats"): Promise<string[]> {
  const { body } = await request(port, `${target};csv`);
  return [...parseCsv(body).keys()];
}

describe("a statistics page", () => {
  test("follows a reload: other proxies, other settings, the same counters", async () => {
    const [pagePort, relayPort, otherPort] = await freePorts(3);
    const tandem = await startTandem({
      readyTimeoutMs: READY_MS,
      config: DEFAULTS + relay("first", relayPort!) + page(pagePort!),
    });
    expect(await rowsOf(pagePort!)).toContain("first/BACKEND");
    tandem.rewrite(
      DEFAULTS + relay("second", otherPort!) + page(pagePort!, "stats uri /s", "stats auth a:b"),
    );
    const kept = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const before = await request(pagePort!, "/haproxy?stats;csv", { agent: kept });
    expect(before.status).toBe(200);
    expect((await tandem.reload()).code).toBe(0);
    // A connection from before the reload gets the settings of after it.
    const after = await request(pagePort!, "/s;csv", { agent: kept });
    expect(after.status).toBe(401);
    kept.destroy();
    const { body } = await request(pagePort!, "/s;csv", { auth: "a:b" });
    const rows = parseCsv(body);
    expect([...rows.keys()]).toContain("second/BACKEND");
    expect([...rows.keys()]).not.toContain("first/BACKEND");
    expect(Number(rows.get("page/FRONTEND")!.get("req_tot"))).toBe(4);
  });

  test("comes and goes with a reload, and an invalid file changes nothing", async () => {
    const [pagePort, relayPort, newPort, takenPort] = await freePorts(4);
    const config = DEFAULTS + relay("mqtt", relayPort!);
    const tandem = await startTandem({
      readyTimeoutMs: READY_MS,
      config: config + page(pagePort!),
    });
    const holder = net.createServer().listen(takenPort, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    tandem.rewrite(config + page(newPort!, `bind 127.0.0.1:${takenPort!}`));
    const refused = await tandem.reload();
    expect(refused.code).not.toBe(0);
    expect(refused.stderr + refused.stdout).toContain("cannot bind socket");
    expect(await canConnect(newPort!)).toBe(false);
    expect(await rowsOf(pagePort!)).toContain("page/FRONTEND");
    holder.close();
    tandem.rewrite(config + page(newPort!));
    expect((await tandem.reload()).code).toBe(0);
    expect(await rowsOf(newPort!)).toContain("page/FRONTEND");
    await waitFor(async () => !(await canConnect(pagePort!)), { what: "the old page to go" });
    tandem.rewrite(config);
    expect((await tandem.reload()).code).toBe(0);
    await waitFor(async () => !(await canConnect(newPort!)), { what: "the page to go" });
  });

  test("keeps the start from happening when its port is taken, and opens nothing else", async () => {
    const [relayPort, takenPort] = await freePorts(2);
    const holder = net.createServer().listen(takenPort, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const config = DEFAULTS + relay("mqtt", relayPort!) + page(takenPort!);
    await expect(startTandem({ readyTimeoutMs: READY_MS, config })).rejects.toThrow(
      /Starting proxy page: cannot bind/,
    );
    holder.close();
    expect(await canConnect(relayPort!)).toBe(false);
  });

  test("answers on a unix socket", async () => {
    const socketPath = path.join(tempDir(), "page.sock");
    const config = page(await freePort(), `bind ${socketPath} mode 600`);
    const tandem = await startTandem({ readyTimeoutMs: READY_MS, config: DEFAULTS + config });
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      http
        .get({ socketPath, path: "/haproxy?stats;csv" }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on("error", reject);
    });
    expect(answer).toBe(200);
    expect(existsSync(socketPath)).toBe(true);
    await tandem.stop();
  });

  test("lets clients beyond maxconn wait, and ends silent ones", async () => {
    const port = await freePort();
    const config = page(port, "maxconn 2", "timeout http-request 400");
    await startTandem({ readyTimeoutMs: READY_MS, config: DEFAULTS + config });
    const idle = [connect(port), connect(port)];
    const startedMs = performance.now();
    // Served only once one of the silent ones was told that it is too slow.
    const { status } = await request(port, "/haproxy?stats;csv");
    expect(status).toBe(200);
    expect(performance.now() - startedMs).toBeGreaterThan(300);
    idle.forEach((socket) => socket.destroy());
  });

  test("outlives a client that never reads its answer", async () => {
    const port = await freePort();
    await startTandem({ readyTimeoutMs: READY_MS, config: DEFAULTS + page(port) });
    const deaf = connect(port);
    deaf.pause();
    deaf.write("GET /haproxy?stats HTTP/1.1\r\n\r\n".repeat(2_000));
    expect((await request(port, "/haproxy?stats;csv")).status).toBe(200);
  });

  test("is refused where a line decides who gets in and would be passed over", async () => {
    const port = await freePort();
    const start = (line: string): Promise<unknown> =>
      startTandem({ readyTimeoutMs: READY_MS, config: DEFAULTS + page(port, line) });
    await expect(start("tcp-request connection reject")).rejects.toThrow(
      /'tcp-request connection' is not served for a statistics page/,
    );
    await expect(start(`bind 127.0.0.1:${await freePort()} accept-proxy`)).rejects.toThrow(
      /'accept-proxy' is not served for a statistics page/,
    );
  });
});

describe.skipIf(!has("openssl"))(
  `a statistics page over TLS${has("openssl") ? "" : ` (skipped: ${skipReason("openssl")})`}`,
  () => {
    test("speaks HTTP/1.1 whatever the bind line offers, and asks for certificates", async () => {
      const authority = makeAuthority();
      const server = authority.issue(["localhost"]);
      const client = authority.issue(["client"]);
      const [port, verifiedPort] = await freePorts(2);
      const ssl = `ssl crt ${server.pemFile} alpn h2,http/1.1`;
      const config = [
        `bind 127.0.0.1:${port!} ${ssl}`,
        `bind 127.0.0.1:${verifiedPort!} ${ssl} ca-file ${authority.certFile} verify required`,
      ];
      await startTandem({
        readyTimeoutMs: READY_MS,
        config: DEFAULTS + page(await freePort(), ...config),
      });
      const get = (
        to: number,
        options: https.RequestOptions & tls.ConnectionOptions,
      ): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          const common = { host: "127.0.0.1", servername: "localhost", ca: authority.cert };
          https
            .get(
              { ...common, port: to, path: "/haproxy?stats;csv", agent: false, ...options },
              (response) => {
                response.resume();
                resolve(response.statusCode);
              },
            )
            .on("error", reject);
        });
      expect(await get(port!, { ALPNProtocols: ["h2", "http/1.1"] })).toBe(200);
      expect(await get(verifiedPort!, { cert: client.cert, key: client.key })).toBe(200);
      await expect(get(verifiedPort!, {})).rejects.toThrow();
    });
  },
);
