// The balancer's probes of its own listeners: they find what is wrong, and nobody else notices them.
import net from "node:net";
import { describe, expect, test } from "vitest";
import { makeAuthority } from "../support/certificates.ts";
import { freePort, freePorts } from "../support/ports.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import { DEFAULTS, openClient, openTlsClient, startServer } from "./features-harness.ts";
import { supervise, type Supervised } from "./life-harness.ts";

/** The sessions that the statistics page has counted for a frontend. */
async function sessionsOf(port: number, frontend: string): Promise<number> {
  const csv = await (await fetch(`http://127.0.0.1:${port}/;csv`)).text();
  const [header, ...rows] = csv.split("\n").map((line) => line.replace(/^# /, "").split(","));
  const row = rows.find(([name, kind]) => name === frontend && kind === "FRONTEND");
  return Number(row![header!.indexOf("stot")]);
}

/** Waits until so many more probes have ended; the result of the last. */
async function afterProbes(balancer: Supervised, count: number): Promise<string> {
  const { probeCount } = await balancer.beat();
  return (await balancer.beat((beat) => beat.probeCount! >= probeCount! + count)).probe;
}

const BINDS = [
  ["an IPv4 address", "127.0.0.1:PORT"],
  ["every IPv4 address", "*:PORT"],
  ["an IPv6 address", "[::1]:PORT"],
  ["every IPv6 address", ":::PORT"],
  ["every address of both families", ":::PORT v4v6"],
  ["TLS", "127.0.0.1:PORT ssl crt CERT"],
  ["the PROXY protocol", "127.0.0.1:PORT accept-proxy"],
] as const;

describe("a probe is accepted, and neither counted nor logged, at a listener of", () => {
  const { pemFile } = makeAuthority().issue(["probe.test"]);

  test.each(BINDS)("%s", async (_name, bind) => {
    const [port, statsPort] = await freePorts(2);
    const greeter = await startServer({ greeting: "hello" });
    const address = bind.replace("PORT", String(port)).replace("CERT", pemFile);
    const balancer = await supervise(`${DEFAULTS}
global
  log stdout format raw local0 debug
listen mqtt
  log global
  option tcplog
  bind ${address}
  tcp-request connection track-sc0 src
  stick-table type ipv6 size 10 expire 1m store conn_cnt
  server s1 127.0.0.1:${greeter.port}
listen stats
  mode http
  bind 127.0.0.1:${statsPort}
  stats enable
  stats uri /
`);
    expect(await afterProbes(balancer, 1)).toBe("ok");
    expect(await sessionsOf(statsPort!, "mqtt")).toBe(0);
    expect(greeter.visits).toHaveLength(0);
    // A client of the same machine is one.
    const host = bind.startsWith("[") || bind.startsWith("::") ? "::1" : "127.0.0.1";
    const client = bind.includes("ssl")
      ? openTlsClient(port!)
      : openClient({ host, port: port!, noDelay: true });
    if (bind.includes("proxy")) client.socket.write("PROXY UNKNOWN\r\n");
    await client.gets("hello");
    client.socket.end();
    await client.ended;
    expect(await sessionsOf(statsPort!, "mqtt")).toBe(1);
    const logged = await waitFor(
      () => balancer.output().match(/ mqtt\S* mqtt\/\S+ /g) ?? undefined,
    );
    expect(logged).toHaveLength(1);
  });
});

test("a probe does not take the place of a client, and is not tried while clients have to wait", async () => {
  const greeter = await startServer({ greeting: "hello" });
  const port = await freePort();
  const balancer = await supervise(`${DEFAULTS}
listen mqtt
  bind 127.0.0.1:${port}
  maxconn 1
  server s1 127.0.0.1:${greeter.port}
`);
  expect(await afterProbes(balancer, 1)).toBe("ok");
  const first = openClient(port);
  await first.gets("hello");
  expect(await afterProbes(balancer, 2)).toBe("unknown");
  const second = openClient(port);
  first.socket.end();
  await second.gets("hello");
  second.socket.end();
  await balancer.beat(({ probe }) => probe === "ok");
});

test.skipIf(!has("prlimit"))(
  `probes fail while descriptors are exhausted, and succeed afterwards${skipNote("prlimit")}`,
  async () => {
    const port = await freePort();
    const balancer = await supervise(
      `${DEFAULTS}\nlisten mqtt\n  bind 127.0.0.1:${port}\n  server s1 127.0.0.1:1\n`,
    );
    expect(await afterProbes(balancer, 1)).toBe("ok");
    const limit = (soft: number) =>
      runToEnd({
        command: "prlimit",
        args: ["--pid", String(balancer.pid), `--nofile=${soft}:`],
      });
    expect((await limit(5)).code).toBe(0);
    const failed = await balancer.beat(({ probe }) => probe === "failed");
    await balancer.beat((beat) => beat.probe === "failed" && beat.probeCount! > failed.probeCount!);
    await limit(1_000);
    await balancer.beat(({ probe }) => probe === "ok");
    const told = balancer.output().match(/a probe of our own listeners failed/g);
    expect(told).toHaveLength(1);
    expect(balancer.output()).toContain("EMFILE");
    expect(balancer.output()).toContain("probes of our own listeners succeed again");
  },
);

test("probes fail while the event loop turns but nothing is accepted", async () => {
  // The probe's own view: an acceptor that never tells.
  const { SelfProbe } = await import("../../src/io/self-probe.ts");
  const { ExpectedConnections } = await import("../../src/io/mover/expected-connections.ts");
  const server = net.createServer((socket) => socket.on("error", () => socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  const endpoint = { kind: "ip", family: 4, host: "127.0.0.1", port } as const;
  const outcome = await new Promise((resolve) => {
    const probe = new SelfProbe({
      listeners: () => [1],
      view: (listener) => ({ listener, endpoint, isHeldBack: false }),
      expected: new ExpectedConnections(),
      ended: (ended) => {
        probe.close();
        resolve(ended);
      },
    });
    probe.start();
  });
  server.close();
  expect(outcome).toEqual({
    result: "failed",
    problem: `127.0.0.1 port ${port}: a connection was not accepted within 500 ms`,
  });
});

describe("`balancer-probe`", () => {
  test("off: none is made", async () => {
    const port = await freePort();
    const balancer = await supervise(`global
  #tandem balancer-probe off
${DEFAULTS}
listen mqtt
  bind 127.0.0.1:${port}
  server s1 127.0.0.1:1
`);
    expect(await afterProbes(balancer, 2)).toBe("unknown");
  });

  function mqtt(port: number, rule: string, server: string): string {
    return `global
  balancer-probe mqtt
${DEFAULTS}
listen mqtt
  bind 127.0.0.1:${port}
  ${rule}
  server s1 ${server}
`;
  }

  test("mqtt: a client of its own, which a broker answers", async () => {
    const broker = await startServer({ greeting: "\x20\x02\x00\x00" });
    const balancer = await supervise(mqtt(await freePort(), "", `127.0.0.1:${broker.port}`));
    expect((await balancer.beat(({ probeCount }) => probeCount! >= 1)).probe).toBe("ok");
    const visit = await broker.visit(0);
    await waitFor(() => /MQTT.*tandem-probe-[0-9a-f]{8}/s.test(visit.received()));
    expect(visit.received().charCodeAt(0)).toBe(0x10); // CONNECT
  });

  test.each([
    ["closed at once: it got in", "tcp-request connection reject", "ok"],
    ["dropped without a word", "tcp-request connection silent-drop", "failed"],
    ["left by a broker that is silent: not our fault", "", "unknown"],
  ])("mqtt: a client of its own, %s", async (_name, rule, result) => {
    const mute = await startServer();
    const balancer = await supervise(mqtt(await freePort(), rule, `127.0.0.1:${mute.port}`));
    expect((await balancer.beat(({ probeCount }) => probeCount! >= 1)).probe).toBe(result);
  });

  test("mqtt: a client of its own, for which there is no broker or no place", async () => {
    const [port, closed] = await freePorts(2);
    const text = mqtt(port!, "maxconn 1", `127.0.0.1:${closed!}`);
    const balancer = await supervise(text.replace("retries 1", "retries 9"));
    expect((await balancer.beat(({ probeCount }) => probeCount! >= 1)).probe).toBe("unknown");
    openClient(port!);
    expect(await afterProbes(balancer, 2)).toBe("unknown");
  });
});
