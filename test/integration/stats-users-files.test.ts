// The statistics pages of the files that users have, with only their addresses changed.
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parseCsv, request } from "../interop/stats-harness.ts";
import { freePorts } from "../support/ports.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { usersConfig } from "./users-config.ts";

/** On a machine that is busy a program takes its time to start. */
const READY_MS = 20_000;

/** A file, where its page is, an account, and rows that the page must show. */
const PAGES: readonly {
  readonly file: string;
  readonly page: string;
  readonly uri: string;
  readonly auth?: string;
  readonly others: readonly string[];
  readonly rows: readonly string[];
}[] = [
  {
    file: "01-leastconn-stats.cfg",
    page: "stats :1936",
    uri: "/",
    auth: "Another_User:passwd",
    others: ["bind *:1883"],
    rows: ["mqtt/broker_2", "mqtt/BACKEND", "stats/FRONTEND"],
  },
  {
    file: "02-production-global.cfg",
    page: "bind *:9080",
    uri: "/stats",
    others: ["bind *:1890"],
    rows: ["stats/BACKEND", "mqtt/emq1"],
  },
  {
    file: "04-emqx-sticky.cfg",
    page: "bind *:8888",
    uri: "/stats",
    others: ["bind *:1883"],
    rows: ["mqtt_backend/emqx3", "mqtt_servers/FRONTEND"],
  },
  {
    file: "07-tcp-services.cfg",
    page: "bind *:8081",
    uri: "/stats",
    auth: "admin:123456",
    others: ["bind *:3307", "bind *:1889", "bind *:1899"],
    rows: ["mysql_tcp_proxy/db-node1", "mqtt_tcp_proxy/BACKEND", "haproxy_stats/FRONTEND"],
  },
  {
    file: "10-pair-node1-haproxy.cfg",
    page: "bind *:8404",
    uri: "/stats",
    others: ["bind *:1883", "peer lb1 192.168.56.11:10000"],
    rows: ["brokers/broker3", "mqtt/FRONTEND"],
  },
];

describe("the pages of users' files", () => {
  test.each(PAGES)("$file shows its proxies", async ({ file, page, uri, auth, others, rows }) => {
    const [pagePort, ...ports] = await freePorts(1 + others.length);
    const dir = tempDir();
    const local = (line: string, port: number): readonly [string, string] => [
      line,
      line.replace(/[*\d.]*:\d+/, `127.0.0.1:${port}`),
    ];
    const config = usersConfig(file, [
      local(page, pagePort!),
      ...others.map((line, index) => local(line, ports[index]!)),
      ...pathsOf(file).map((each) => [each, path.join(dir, path.basename(each))] as const),
      ...namesOf(file).map((name) => [name, "localhost"] as const),
    ]);
    await startTandem({ readyTimeoutMs: READY_MS, config: withoutUser(config) });
    const to = auth === undefined ? {} : { auth };
    const html = await request(pagePort!, `${uri};table`, to);
    expect(html.status).toBe(200);
    expect(html.body).toContain("Statistics Report for Tandem");
    const { body } = await request(pagePort!, `${uri};csv`, to);
    expect([...parseCsv(body).keys()]).toEqual(expect.arrayContaining([...rows]));
    if (auth !== undefined) expect((await request(pagePort!, uri)).status).toBe(401);
  });
});

/** Files that belong to another machine. */
function pathsOf(file: string): readonly string[] {
  switch (file) {
    case "02-production-global.cfg":
      return ["/home/hylink/haproxy/sbin/haproxy.pid"];
    case "07-tcp-services.cfg":
      return ["/var/lib/haproxy/stats"];
    case "10-pair-node1-haproxy.cfg":
      return ["/run/tandem/admin.sock"];
    default:
      return [];
  }
}

function namesOf(file: string): readonly string[] {
  if (file !== "04-emqx-sticky.cfg") return [];
  return [1, 2, 3].map((index) => `emqx${index}-cluster.emqx.io`);
}

/** The test may not change its user, and there may be no such one. */
function withoutUser(config: string): string {
  return config.replace(/^ *(?:user|group) haproxy$/gm, "");
}
