// The rows and metrics of listeners (`option socket-stats`) of the installed HAProxy and ours, after
// the same traffic.
import path from "node:path";
import { describe, expect, test } from "vitest";
import { has, skipNote } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  beRefused,
  connect,
  exchange,
  finish,
  parseCsv,
  request,
  type Side,
  startBoth,
  startEcho,
} from "./stats-harness.ts";

/** Of the page's own listener: what the looking itself changes. */
const OF_LOOKING = ["scur", "smax", "stot", "bin", "bout"];

function config(echo: number) {
  const folder = tempDir();
  return (ports: readonly number[]): string => `
global
  maxconn 500
defaults
  mode tcp
  option socket-stats
  timeout connect 2s
  timeout client 20s
  timeout server 20s
listen page
  mode http
  bind 127.0.0.1:${ports[0]!} name status
  stats enable
  stats show-legends
  http-request use-service prometheus-exporter if { path /metrics }
frontend many
  bind 127.0.0.1:${ports[1]!} name first
  bind 127.0.0.1:${ports[2]!} maxconn 1
  bind 127.0.0.1:${ports[3]!} id 9
  bind 127.0.0.1:${ports[4]!} accept-proxy maxconn 40
  bind ${path.join(folder, `${ports[0]!}.sock`)}
  tcp-request connection reject if { src_port 1 }
  tcp-request session reject if { dst_port ${ports[3]!} }
  tcp-request inspect-delay 5s
  tcp-request content reject if { req.payload(0,4) -m str evil }
  default_backend echo
frontend closed
  bind 127.0.0.1:${ports[5]!}
  tcp-request connection reject
  default_backend echo
frontend silent
  no option socket-stats
  bind 127.0.0.1:${ports[6]!}
  default_backend echo
backend echo
  tcp-response inspect-delay 5s
  tcp-response content reject if { res.payload(0,4) -m str nope }
  server only 127.0.0.1:${echo}
`;
}

async function drive(side: Side): Promise<void> {
  const { ports } = side;
  const steps = [
    async () => finish(await exchange(ports[1]!, "hello")),
    async () => finish(await exchange(ports[1]!, "hello again")),
    async () => beRefused(ports[1]!, "evil"),
    async () => beRefused(ports[1]!, "nope"),
    async () => beRefused(ports[3]!, ""),
    async () => beRefused(ports[4]!, "no PROXY header"),
    ...Array.from({ length: 3 }, () => async () => beRefused(ports[5]!, "")),
    async () => finish(await exchange(ports[6]!, "unseen")),
  ];
  for (const step of steps) {
    await step();
    await waitFor(() => isQuiet(side));
  }
  connect(ports[2]!);
}

/** Whether every connection is over for the program, too: the next one would count beside it. */
async function isQuiet(side: Side): Promise<boolean> {
  return Object.values(await look(side)).every(({ scur = "0" }) => scur === "0");
}

/** Rows with their own address in place of a port that is another for each side. */
async function look({ ports }: Side): Promise<Record<string, Record<string, string>>> {
  const { body } = await request(ports[0]!, "/haproxy?stats;csv");
  const rows: Record<string, Record<string, string>> = {};
  for (const [key, cells] of parseCsv(body)) {
    if (cells.get("type") !== "3") continue;
    const left = new Set(key.startsWith("page/") ? OF_LOOKING : []);
    const shown = [...cells].filter(([name]) => !left.has(name));
    const port = /:(\d+)$/.exec(cells.get("addr")!)?.[1];
    const row = Object.fromEntries(shown);
    if (port !== undefined) row["addr"] = `port ${ports.indexOf(Number(port))}`;
    rows[key] = row;
  }
  return rows;
}

async function metricsOf({ ports }: Side): Promise<string[]> {
  const { body } = await request(ports[0]!, "/metrics?scope=listener");
  return body.split("\n").filter((line) => !/^# HELP|proxy="page"/.test(line));
}

describe.skipIf(!has("haproxy"))(`listeners beside HAProxy's${skipNote("haproxy")}`, () => {
  test("statsRows() and /metrics show what HAProxy shows after the same traffic", async () => {
    const sides = await startBoth(7, config(await startEcho()));
    await Promise.all(sides.map(drive));
    let shown: Record<string, Record<string, string>>[] = [];
    await waitFor(async () => {
      shown = await Promise.all(sides.map(look));
      const isSettled = shown.every(
        (rows) => rows["many/first"]!["scur"] === "0" && rows["many/sock-2"]!["status"] === "FULL",
      );
      return isSettled && JSON.stringify(shown[0]) === JSON.stringify(shown[1]);
    }).catch(() => undefined);
    const [theirs, ours] = shown;
    expect(Object.keys(ours!)).toEqual(Object.keys(theirs!));
    expect(ours).toEqual(theirs);
    expect(ours!["many/first"]).toMatchObject({ stot: "4", dreq: "1", dresp: "1", sid: "1" });
    expect(ours!["many/sock-9"]).toMatchObject({ stot: "1", dses: "1" });
    expect(ours!["closed/sock-1"]).toMatchObject({ stot: "3", dcon: "3" });
    for (const { ports } of sides) {
      const rows = parseCsv((await request(ports[0]!, "/haproxy?stats;csv")).body);
      const ofLooking = (key: string): unknown =>
        OF_LOOKING.map((name) => rows.get(key)!.get(name));
      expect(ofLooking("page/status")).toEqual(ofLooking("page/FRONTEND"));
    }
    const [metrics, ourMetrics] = await Promise.all(sides.map(metricsOf));
    expect(ourMetrics).toEqual(metrics);
    expect(ourMetrics).toContain(
      'haproxy_listener_status{proxy="many",listener="sock-2",state="FULL"} 1',
    );
  });

  test("no row and no family is there where the option is not", async () => {
    const text = config(await startEcho());
    const sides = await startBoth(7, (ports) => text(ports).replace("  option socket-stats\n", ""));
    for (const side of sides) {
      expect(await look(side), side.name).toEqual({});
      expect((await metricsOf(side)).join(""), side.name).toBe("");
    }
  });
});
