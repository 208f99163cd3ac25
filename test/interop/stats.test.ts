// The statistics of the installed HAProxy and ours, after the same traffic, column by column.
import { describe, expect, test } from "vitest";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  beRefused,
  connect,
  exchange,
  finish,
  parseCsv,
  request,
  startBoth,
  startEcho,
  type Side,
} from "./stats-harness.ts";

/** Columns that tell of time, and so differ by the moment of looking. */
const OF_TIME = [
  ...["lastchg", "downtime", "lastsess", "check_duration", "agent_duration"],
  ...["qtime", "ctime", "ttime", "qtime_max", "ctime_max", "ttime_max"],
  ...["rate", "rate_max", "conn_rate", "conn_rate_max", "req_rate", "req_rate_max"],
];

/** HAProxy's estimate of how many idle connections to keep, which nothing here does. */
const OF_POOLS = ["used_conn_cur", "need_conn_est"];

/** On the page's own rows: what the looking itself changes. */
const OF_LOOKING = [
  ...["scur", "smax", "stot", "bin", "bout", "conn_tot", "req_tot", "intercepted", "cli_abrt"],
  ...["hrsp_2xx"],
];

interface Shown {
  readonly header: string;
  /** Row, column, value; without what is not to be compared. */
  readonly rows: Record<string, Record<string, string>>;
}

async function look(side: Side, pagePort: number): Promise<Shown> {
  const { body } = await request(pagePort, "/haproxy?stats;csv");
  const rows: Shown["rows"] = {};
  for (const [key, cells] of parseCsv(body)) {
    const isPage = key.startsWith("page/");
    const left = new Set([...OF_TIME, ...OF_POOLS, ...(isPage ? OF_LOOKING : [])]);
    rows[key] = Object.fromEntries(
      [...cells].filter(([name]) => !left.has(name) && !(isPage && name.startsWith("h1_"))),
    );
  }
  return { header: body.slice(0, body.indexOf("\n")), rows };
}

function config(servers: { readonly echo: number; readonly closed: number }) {
  return (ports: readonly number[]): string => `
global
  maxconn 500
defaults
  mode tcp
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  timeout queue 20s
  retries 1
listen page
  mode http
  bind 127.0.0.1:${ports[0]!}
  maxconn 30
  stats enable
  stats show-legends
listen spread
  bind 127.0.0.1:${ports[1]!}
  maxconn 70
  server one 127.0.0.1:${servers.echo} check inter 100 weight 10 maxconn 20 maxqueue 5
  server two 127.0.0.1:${servers.echo} weight 20
  server off 127.0.0.1:${servers.echo} disabled check
  server next 127.0.0.1:${servers.echo} track one
  server spare 127.0.0.1:${servers.echo} backup
listen narrow
  bind 127.0.0.1:${ports[2]!}
  balance leastconn
  fullconn 9
  server only 127.0.0.1:${servers.echo} maxconn 1
listen broken
  bind 127.0.0.1:${ports[3]!}
  balance static-rr
  server none 127.0.0.1:${servers.closed}
frontend guarded
  bind 127.0.0.1:${ports[4]!}
  tcp-request connection reject
  default_backend gone
frontend judged
  bind 127.0.0.1:${ports[5]!}
  tcp-request inspect-delay 5s
  tcp-request content reject if { req.len gt 0 }
  default_backend gone
backend gone
  balance source
  server down 127.0.0.1:${servers.closed} check inter 100 fall 1
  server old 127.0.0.1:${servers.closed} check inter 100 fall 1 backup
backend empty
`;
}

/** Waits until no session of this backend is left: the next one must not overlap with it. */
async function untilIdle({ name, ports }: Side, backend: string): Promise<void> {
  await waitFor(
    async () => {
      const { body } = await request(ports[0]!, "/haproxy?stats;csv");
      const rows = parseCsv(body);
      const proxies = [`${backend}/FRONTEND`, `${backend}/BACKEND`];
      return proxies.every((key) => (rows.get(key)?.get("scur") ?? "0") === "0");
    },
    { what: `${name} to have no session in ${backend}` },
  );
}

/** The same traffic for either side; what is held open ends with the test. */
async function drive(side: Side): Promise<void> {
  const { ports } = side;
  for (let count = 0; count < 7; count++) {
    await finish(await exchange(ports[1]!, "hello"));
    await untilIdle(side, "spread");
  }
  // HAProxy counts the bytes of a silent connection late: those that stay have sent none.
  connect(ports[1]!);
  connect(ports[2]!);
  await beRefused(ports[3]!, "x");
  for (let count = 0; count < 3; count++) {
    await beRefused(ports[4]!, "x");
    await untilIdle(side, "guarded");
  }
  for (let count = 0; count < 2; count++) {
    await beRefused(ports[5]!, "word");
    await untilIdle(side, "judged");
  }
  connect(ports[2]!);
}

/** One listener and one server; sessions that end in every way. */
function endingConfig(echo: number) {
  return (ports: readonly number[]): string => `
global
  maxconn 500
defaults
  mode tcp
  timeout connect 2s
  timeout client 20s
  timeout server 20s
listen page
  mode http
  bind 127.0.0.1:${ports[0]!}
  stats enable
listen ends
  bind 127.0.0.1:${ports[1]!}
  server only 127.0.0.1:${echo}
frontend nowhere
  bind 127.0.0.1:${ports[2]!}
frontend silent
  bind 127.0.0.1:${ports[3]!}
  timeout client 200
  default_backend quick
backend quick
  timeout server 200
  server only 127.0.0.1:${echo}
frontend header
  bind 127.0.0.1:${ports[4]!} accept-proxy
  default_backend quick
`;
}

async function endInEveryWay(side: Side): Promise<void> {
  const { ports } = side;
  await finish(await exchange(ports[1]!, "the client is first"));
  await untilIdle(side, "ends");
  await finish(await exchange(ports[1]!, "the server is first to end"));
  await untilIdle(side, "ends");
  await beRefused(ports[1]!, "the server is to reset");
  await untilIdle(side, "ends");
  const client = await exchange(ports[1]!, "the client breaks off");
  client.resetAndDestroy();
  // HAProxy counts a byte that comes before it refuses, and not one that comes after.
  await beRefused(ports[2]!, "");
  await beRefused(ports[3]!, "x");
  await untilIdle(side, "quick");
  await beRefused(ports[4]!, "no PROXY header");
}

async function settle(
  sides: readonly [Side, Side],
  isDone: (shown: Shown) => boolean,
): Promise<readonly [Shown, Shown]> {
  const [haproxy, tandem] = sides;
  let shown: readonly [Shown, Shown] | undefined;
  await waitFor(async () => {
    shown = [await look(haproxy, haproxy.ports[0]!), await look(tandem, tandem.ports[0]!)];
    return shown.every(isDone) && JSON.stringify(shown[0]) === JSON.stringify(shown[1]);
  }).catch(() => undefined);
  return shown!;
}

describe.skipIf(!has("haproxy"))(`statistics beside HAProxy's${skipNote("haproxy")}`, () => {
  test("statsRows() and formatCsv() show what HAProxy shows after the same traffic", async () => {
    const servers = { echo: await startEcho(), closed: await freePort() };
    const [haproxy, tandem] = await startBoth(6, config(servers));
    await Promise.all([drive(haproxy), drive(tandem)]);
    const [theirs, ours] = await settle(
      [haproxy, tandem],
      ({ rows }) => rows["narrow/BACKEND"]!["qcur"] === "1",
    );
    expect(ours.header).toBe(theirs.header);
    expect(Object.keys(ours.rows)).toEqual(Object.keys(theirs.rows));
    expect(ours.rows).toEqual(theirs.rows);
  });

  test("statsRows() counts sessions that end in every way as HAProxy does", async () => {
    const sides = await startBoth(5, endingConfig(await startEcho()));
    await Promise.all(sides.map(endInEveryWay));
    const [theirs, ours] = await settle(sides, ({ rows }) => rows["ends/only"]!["scur"] === "0");
    expect(ours.rows).toEqual(theirs.rows);
  });
});
