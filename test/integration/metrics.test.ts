// Metrics of a running balancer: what promtool thinks of them, and collectors that are slow or leave.
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { connect, parseCsv, request } from "../interop/stats-harness.ts";
import { freePorts } from "../support/ports.ts";
import { findProgram, has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";

/** On a machine that is busy a program takes its time to start. */
const READY_MS = 20_000;

function config(page: number, relay: number, peer: number, serverCount: number): string {
  const servers = Array.from({ length: serverCount }, (_, at) => `  server s${at} 127.0.0.1:9`);
  return `
defaults
  timeout connect 1s
  timeout client 5s
  timeout server 5s
peers pair
  peer lb1 127.0.0.1:${peer}
  peer lb2 127.0.0.1:9
listen relay
  mode tcp
  bind 127.0.0.1:${relay}
  option mqtt-refuse
  stick-table type ip size 1k expire 1m peers pair
${servers.join("\n")}
listen page
  mode http
  bind 127.0.0.1:${page}
  stats enable
  http-request use-service prometheus-exporter if { path /metrics }
`;
}

async function start(serverCount: number): Promise<{ readonly page: number }> {
  const [page, relay, peer] = await freePorts(3);
  await startTandem({
    config: config(page!, relay!, peer!, serverCount),
    args: ["-L", "lb1"],
    readyTimeoutMs: READY_MS,
  });
  return { page: page! };
}

describe("metrics of a balancer", () => {
  test.skipIf(!has("promtool"))(`please promtool${skipNote("promtool")}`, async () => {
    const { page } = await start(3);
    const { body } = await request(page, "/metrics");
    expect(body).toContain('tandem_peers_state{section="pair",peer="lb2"');
    const check = (input: string): { readonly status: number | null; readonly said: string } => {
      const { status, stdout, stderr } = spawnSync(findProgram("promtool")!, ["check", "metrics"], {
        input,
        encoding: "utf8",
      });
      return { status, said: stdout + stderr };
    };
    expect(check(body)).toEqual({ status: 0, said: "" });
    expect(check(body.replaceAll("_requests_total", "_requests")).status).not.toBe(0);
  });

  test("are sent whole, with 1,000 servers, while others are served", async () => {
    const { page } = await start(1_000);
    const [all, small] = await Promise.all([
      request(page, "/metrics"),
      request(page, "/metrics?scope=sticktable"),
    ]);
    expect(all.body.length).toBeGreaterThan(3_000_000);
    expect(all.body).toContain('haproxy_server_uweight{proxy="relay",server="s999"} 1\n');
    expect(all.body.endsWith("\n")).toBe(true);
    expect(small.body).toContain('haproxy_sticktable_used{name="relay",type="ip"} 0');
  });

  test("do not keep others waiting for a collector that does not read, and forget who has left", async () => {
    const { page } = await start(1_000);
    const silent = Array.from({ length: 20 }, () => {
      const socket = connect(page);
      socket.pause();
      socket.write("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
      return socket;
    });
    const current = async (): Promise<string | undefined> => {
      const { body } = await request(page, "/haproxy?stats;csv");
      return parseCsv(body).get("page/FRONTEND")?.get("scur");
    };
    await waitFor(async () => (await current()) === "21", { what: "all collectors" });
    for (const socket of silent) socket.destroy();
    await waitFor(async () => (await current()) === "1", { what: "the end of all collectors" });
    const { body } = await request(page, "/metrics?scope=frontend");
    expect(body).toContain('haproxy_frontend_request_errors_total{proxy="page"} 0');
  });
});
