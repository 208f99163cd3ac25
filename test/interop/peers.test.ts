// The peers protocol with the installed HAProxy at the other end.
import net from "node:net";
import { describe, expect, test } from "vitest";
import { startHaproxy, type Haproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipReason } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import { tableSpec } from "../unit/stick/spec.ts";
import { LiveGroup, type PeerPorts } from "./peers-harness.ts";

const isMissing = !has("haproxy");
const suffix = isMissing ? ` (skipped: ${skipReason("haproxy")})` : "";

const BE = tableSpec({
  name: "be",
  keyLengthMax: 32,
  hasLength: true,
  size: 100_000,
  expireMs: 1_800_000,
  store: "server_id,server_key",
});
const IN_SECTION = tableSpec({
  name: "mypeers/t4",
  keyType: "integer",
  keyLengthMax: 4,
  expireMs: 600_000,
  store: "gpc(2),gpc_rate(2,10000),conn_rate(5000)",
});

async function peerPorts(): Promise<PeerPorts> {
  const [nodea, nodeb] = await freePorts(2);
  return { nodea: nodea!, nodeb: nodeb! };
}

/** HAProxy as `nodeb`; `args` may give it another name. */
async function haproxy(ports: PeerPorts, name = "nodeb", keyLength = 32): Promise<Haproxy> {
  const [client] = await freePorts(1);
  return startHaproxy({
    args: ["-L", name],
    config: `
defaults
  mode tcp
  timeout client 30s
  timeout server 30s
  timeout connect 5s
peers mypeers
  peer nodea 127.0.0.1:${ports["nodea"]}
  peer nodeb 127.0.0.1:${ports["nodeb"]}
  table t4 type integer size 1k expire 10m store gpc(2),gpc_rate(2,10s),conn_rate(5s)
backend be
  stick-table type string len ${keyLength} size 100k expire 30m peers mypeers
  stick on src
  server b1 127.0.0.1:9
  server b2 127.0.0.1:9
frontend fe
  bind 127.0.0.1:${client}
  default_backend be
`,
  });
}

async function shows(peer: Haproxy, table: string, wanted: RegExp): Promise<string> {
  let answer = "";
  return waitFor(
    async () => {
      answer = await peer.command(`show table ${table}`);
      return wanted.test(answer) && answer;
    },
    { what: () => `${String(wanted)} in ${answer}` },
  );
}

async function fill(peer: Haproxy, count: number): Promise<void> {
  // The runtime API takes one buffer of commands at a time.
  for (let from = 0; from < count; from += 100) {
    const commands = Array.from(
      { length: Math.min(100, count - from) },
      (_, i) => `set table be key dev-${from + i} data.server_id ${((from + i) % 2) + 1}`,
    );
    await peer.command(commands.join(";"));
  }
}

/** Waits until HAProxy has ended its own search for a teacher, 5 s after its start without one. */
async function ended(peer: Haproxy): Promise<void> {
  await waitFor(async () => /^\S+ .*flags=0x[0-9a-f]*3 /m.test(await peer.command("show peers")));
}

describe.skipIf(isMissing)(`peers with HAProxy${suffix}`, () => {
  test("live changes go both ways, with server keys, arrays and rates", async () => {
    const ports = await peerPorts();
    const peer = await haproxy(ports);
    const node = await new LiveGroup("nodea", ports, [BE, IN_SECTION]).listen();
    const [be, t4] = node.tables;
    await node.established("nodeb");
    for (let i = 1; i <= 200; i += 1) node.set(be!, `dev-${i}`, i);
    const nowMs = performance.now();
    const entry = t4!.getOrCreate("\x00\x00\x00\x07", nowMs)!;
    t4!.write(entry, "gpc", 1, 5, nowMs);
    t4!.add(entry, "conn_rate", 0, 3, nowMs);
    t4!.touch(entry, nowMs, "local");
    const shown = await shows(peer, "be", /used:200/);
    expect(shown).toMatch(/key=dev-1 use=0 exp=\d+ server_id=1 server_key=b1\n/);
    expect(shown).toMatch(/key=dev-200 use=0 exp=\d+ server_id=200 server_key=b200\n/);
    await shows(peer, "mypeers/t4", /key=7 .*conn_rate\(5000\)=3.*gpc1=5/);

    await peer.command("set table be key other data.server_id 2");
    await peer.command("set table mypeers/t4 key 9 data.conn_rate 6");
    await waitFor(() => node.get(be!, "other") === "2/");
    const nine = await waitFor(() => t4!.lookup("\x00\x00\x00\x09", performance.now()));
    expect(t4!.read(nine, "conn_rate", 0, performance.now())).toBe(6);
    await waitFor(() => {
      const { peers } = node.group.status(performance.now());
      return peers[1]!.tables.every(({ unackedCount, lagMs }) => unackedCount === 0 && lagMs === 0);
    });
  });

  test("each side learns everything after it has been restarted", async () => {
    const ports = await peerPorts();
    let peer = await haproxy(ports);
    const first = await new LiveGroup("nodea", ports, [BE]).listen();
    await first.established("nodeb");
    await fill(peer, 300);
    first.set(first.tables[0]!, "mine", 1);
    await shows(peer, "be", /used:301/);
    await ended(peer);
    first.stop();

    const second = await new LiveGroup("nodea", ports, [BE]).listen();
    await waitFor(() => second.done.length > 0);
    expect(second.done).toEqual(["full"]);
    expect(second.tables[0]!.usedCount).toBe(301);
    expect(second.get(second.tables[0]!, "mine")).toBe("1/b1");

    await peer.stop();
    peer = await haproxy(ports);
    const shown = await shows(peer, "be", /used:301/);
    expect(shown).toMatch(/key=mine use=0 exp=\d+ server_id=1 server_key=b1/);
    await shows(peer, "be", /used:301/);
    await ended(peer);
  });

  test("a HAProxy that is told to stop hands its tables to the node that takes its place", async () => {
    const ports = await peerPorts();
    const old = await haproxy(ports, "nodea");
    await fill(old, 250);
    await shows(old, "be", /used:250/);
    const node = new LiveGroup("nodea", ports, [BE], { expectsOldProcess: true });
    // Before, it would end without a word.
    await ended(old);
    // A new process takes the address over as HAProxy's own does without SO_REUSEPORT: the old one
    // pauses its listeners, then stops.
    old.process.kill("SIGTTOU");
    await node.listen();
    old.process.kill("SIGUSR1");
    await waitFor(() => node.done.length > 0, { what: () => node.reports.join(" ") });
    expect(node.done).toEqual(["full"]);
    expect(node.tables[0]!.usedCount).toBe(250);
    await old.process.exited;
  });

  test("a table with keys of another length is told of, with both values", async () => {
    const ports = await peerPorts();
    const peer = await haproxy(ports, "nodeb", 64);
    const node = await new LiveGroup("nodea", ports, [BE]).listen();
    await node.established("nodeb");
    await peer.command("set table be key other data.server_id 2");
    await waitFor(() => node.reports.some((text) => text.includes('table "be"')));
    expect(node.reports.at(-1)).toBe(
      'Peer mypeers/nodeb, table "be": its key length is 32 here and 64 there, so both sides ignore it.',
    );
  });

  test("20,000 entries go each way", async () => {
    const ports = await peerPorts();
    const peer = await haproxy(ports);
    const node = await new LiveGroup("nodea", ports, [BE]).listen();
    await node.established("nodeb");
    for (let i = 0; i < 20_000; i += 1) node.set(node.tables[0]!, `device-${i}`, (i % 3) + 1);
    await shows(peer, "be", /used:20000/);
    node.stop();
    const next = await new LiveGroup("nodea", ports, [BE]).listen();
    await waitFor(() => next.done.length > 0);
    expect(next.tables[0]!.usedCount).toBe(20_000);
  });

  test("a stranger is refused as HAProxy refuses one", async () => {
    const ports = await peerPorts();
    const node = await new LiveGroup("nodea", ports, [BE]).listen();
    for (const [hello, answer] of [
      ["HAProxyS 2.1\nnodea\nstranger 1 1\n", "504\n"],
      ["HAProxyS 2.1\nsomebody\nnodeb 1 1\n", "503\n"],
      ["HAProxyS 2.9\n", "502\n"],
      ["GET /\n", "501\n"],
    ]) {
      const socket = net.connect({ host: "127.0.0.1", port: ports["nodea"]! });
      let got = "";
      socket.on("data", (bytes) => (got += bytes.toString()));
      socket.write(hello!);
      await new Promise((resolve) => socket.once("close", resolve));
      expect(got).toBe(answer);
    }
    expect(node.reports.filter((text) => text.includes("refused"))).toHaveLength(1);
  });
});
