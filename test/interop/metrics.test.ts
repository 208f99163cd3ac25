// What the exporter of the installed HAProxy says of the same configuration and traffic, and ours.
import { describe, expect, test } from "vitest";
import { has, skipNote } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import { exchange, request, type Side, startBoth, startEcho } from "./stats-harness.ts";

function config(echo: number): (ports: readonly number[]) => string {
  return ([page, relay]) => `
global
  maxconn 500
defaults
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend fe
  mode tcp
  bind 127.0.0.1:${relay!}
  maxconn 50
  rate-limit sessions 90
  default_backend be
backend be
  mode tcp
  fullconn 7
  stick-table type string len 20 size 1k expire 1m
  stick on src
  server b1 127.0.0.1:${echo} check inter 200ms
  server b2 127.0.0.1:1 check inter 200ms fall 1 backup
  server b3 127.0.0.1:${echo} disabled weight 20
  server b4 127.0.0.1:${echo} maxconn 10 maxqueue 4 weight 0
  server b5 127.0.0.1:${echo} track b1 weight 0
backend empty
  mode tcp
  stick-table type ip size 100 expire 1m
listen page
  mode http
  bind 127.0.0.1:${page!}
  stats enable
  stats auth a:b
  stats admin if TRUE
  http-request use-service prometheus-exporter if { path /metrics }
`;
}

/** Types by family, and values by name and labels. */
interface Metrics {
  readonly types: Map<string, string>;
  readonly samples: Map<string, string>;
}

async function metricsOf({ ports }: Side, query = ""): Promise<Metrics> {
  const { status, body, headers } = await request(ports[0]!, `/metrics${query}`);
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("text/plain; version=0.0.4");
  const types = new Map<string, string>();
  const samples = new Map<string, string>();
  for (const line of body.trimEnd().split("\n")) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    const sample = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line);
    if (type !== null) types.set(type[1]!, type[2]!);
    else if (sample !== null) {
      const isBuild = sample[1]!.startsWith("haproxy_process_build_info{version=");
      samples.set(isBuild ? "haproxy_process_build_info" : sample[1]!, sample[2]!);
    } else expect(line).toMatch(/^# HELP |^$/);
  }
  return { types, samples };
}

/** Without what HAProxy does not have. */
function shared(metrics: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...metrics].filter(([name]) => !name.startsWith("tandem_")));
}

/** Depends on the clock, on the page's own requests, or on how a process is built. */
const VOLATILE = new RegExp(
  [
    /^haproxy_process_/,
    /proxy="page"/,
    /_(?:seconds|seconds_total)\{/,
    /_(?:max_session_rate|connections_rate_max)\{/,
    /_need_connections_current\{/,
    // Failed checks go on counting until each side is asked.
    /_check_failures_total\{/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

describe.skipIf(!has("haproxy"))(`metrics beside HAProxy's${skipNote("haproxy")}`, () => {
  test("have its families, labels, and after the same traffic its values", async () => {
    const sides = await startBoth(2, config(await startEcho()));
    const [theirs, ours] = await Promise.all(
      sides.map(async (side) => {
        const isSettled = async (): Promise<boolean> => {
          const { samples } = await metricsOf(side);
          const is = (server: string, state: string): boolean =>
            samples.get(`haproxy_server_status{proxy="be",server="${server}",state="${state}"}`) ===
            "1";
          const checked =
            samples.get('haproxy_server_check_status{proxy="be",server="b1",state="L4OK"}') === "1";
          return is("b1", "UP") && is("b2", "DOWN") && checked;
        };
        await waitFor(isSettled, { what: `the checks of ${side.name}` });
        const isQuiet = async (): Promise<boolean> =>
          (await metricsOf(side)).samples.get('haproxy_backend_current_sessions{proxy="be"}') ===
          "0";
        // One after the other, so that no more than one is there at a time.
        for (const text of ["one", "two and more", "three"]) {
          const socket = await exchange(side.ports[1]!, text);
          socket.end();
          await waitFor(isQuiet, { what: `the end of the session of ${side.name}` });
        }
        return metricsOf(side);
      }),
    );
    // promtool refuses a counter of this name; HAProxy's own output fails by it.
    theirs!.types.set("haproxy_process_failed_resolutions", "gauge");
    expect(shared(ours!.types)).toEqual(theirs!.types);
    expect([...ours!.types.keys()].filter((name) => name.startsWith("haproxy_"))).toEqual([
      ...theirs!.types.keys(),
    ]);
    expect([...shared(ours!.samples).keys()].sort()).toEqual([...theirs!.samples.keys()].sort());
    const stable = ({ samples }: Metrics): object =>
      Object.fromEntries([...shared(samples)].filter(([name]) => !VOLATILE.test(name)));
    expect(stable(ours!)).toEqual(stable(theirs!));
    const bytes = ours!.samples.get('haproxy_server_bytes_in_total{proxy="be",server="b1"}');
    expect(bytes).toBe(String("onetwo and morethree".length));
  });

  test("are picked by the same parameters", async () => {
    const [theirs, ours] = await startBoth(2, config(await startEcho()));
    for (const query of [
      "?scope=server",
      "?scope=server&no-maint",
      "?no-maint=1&scope=server",
      "?scope=backend&scope=sticktable",
      "?scope=%67lobal",
      "?scope=",
      "?scope=global&",
      "?scope=*",
      "?other=1",
      "?&&",
    ]) {
      const names = async (side: Side): Promise<string[]> =>
        [...shared((await metricsOf(side, query)).samples).keys()].filter(
          // Comes with the first check.
          (name) => !/_check_(?:status|code|duration_seconds)\{/.test(name),
        );
      expect((await names(ours)).sort(), query).toEqual((await names(theirs)).sort());
    }
    for (const query of ["?scope=peers", "?scope", "?scope=global,server", "?scope=%zz"]) {
      for (const { ports, name } of [theirs, ours]) {
        const { status } = await request(ports[0]!, `/metrics${query}`);
        expect(status, `${name} ${query}`).toBe(400);
      }
    }
    for (const { ports, name } of [theirs, ours]) {
      expect((await request(ports[0]!, "/metrics/x")).status, name).toBe(503);
      const head = await request(ports[0]!, "/metrics", { method: "HEAD" });
      expect([head.status, head.body], name).toEqual([200, ""]);
    }
  });
});
