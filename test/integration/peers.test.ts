// Balancers that share their stick tables: the program with real brokers and devices.
import path from "node:path";
import { describe, beforeAll, expect, test } from "vitest";
import { startMosquittos, type Broker } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { runTandem, startTandem, type Tandem } from "../support/tandem.ts";
import { startProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { deviceIds } from "./mqtt-devices.ts";
import {
  nodeConfig,
  type PairPorts,
  placeDevices,
  resynced,
  startNode,
  waitForLog,
} from "./peers-harness.ts";

const HAPROXY = path.join(REPOSITORY_DIR, "bin", "haproxy");

async function pairPorts(names: readonly string[] = ["lb1", "lb2"]): Promise<PairPorts> {
  const ports = await freePorts(names.length * 2);
  return {
    clients: Object.fromEntries(names.map((name, index) => [name, ports[index]!])),
    peers: Object.fromEntries(names.map((name, index) => [name, ports[names.length + index]!])),
  };
}

describe.skipIf(!has("mosquitto"))(`balancers that share tables${skipNote("mosquitto")}`, () => {
  let brokers: Broker[] = [];
  beforeAll(async () => {
    brokers = await startMosquittos(3);
  });

  test("a device finds its broker at the other node, also after restarts of both", async () => {
    const ports = await pairPorts();
    const ids = deviceIds("dev", 7);
    const first = await startNode("lb1", ports, brokers);
    const second = await startNode("lb2", ports, brokers);
    await waitForLog(first, /Peer pair\/lb2: connected, it is Tandem/);
    // One device before, so that round robin stands elsewhere at the other node.
    await placeDevices(ports.clients["lb2"]!, ["other"], brokers);
    const placed = await placeDevices(ports.clients["lb1"]!, ids, brokers);
    expect(new Set(placed.values()).size).toBe(3);
    expect(await placeDevices(ports.clients["lb2"]!, ids, brokers)).toEqual(placed);

    await first.stop();
    const again = await startNode("lb1", ports, brokers);
    expect(await resynced(again)).toBe("full");
    expect(await placeDevices(ports.clients["lb1"]!, ids, brokers)).toEqual(placed);
    await second.stop();
    await startNode("lb2", ports, brokers);
    expect(await placeDevices(ports.clients["lb2"]!, ids, brokers)).toEqual(placed);
  });

  test("three nodes in the form with bind and server, and a table of the section", async () => {
    const names = ["lb1", "lb2", "lb3"];
    const ports = await pairPorts(names);
    // One after the other: calls that cross are made again, up to 2 s later.
    const nodes: Tandem[] = [];
    for (const name of names) {
      const peers = [
        `bind 127.0.0.1:${ports.peers[name]!}`,
        ...names.map((peer) =>
          peer === name ? `server ${peer}` : `server ${peer} 127.0.0.1:${ports.peers[peer]!}`,
        ),
        "table devices type string len 64 size 10k expire 30m store server_id,server_key",
      ];
      const table = "stick match src table pair/devices if { src 192.0.2.1 }";
      const config = nodeConfig(name, ports, brokers, { peers, table });
      nodes.push(
        await startTandem({ config: config.replace(/(stick on .*)/, "$1 table pair/devices") }),
      );
      await resynced(nodes.at(-1)!);
    }
    for (const [index, node] of nodes.entries()) {
      for (const other of names.filter((_, at) => at !== index)) {
        await waitForLog(node, new RegExp(`Peer pair/${other}: connected`));
      }
    }
    const ids = deviceIds("three", 6);
    const placed = await placeDevices(ports.clients["lb1"]!, ids, brokers);
    for (const name of ["lb2", "lb3"]) {
      await placeDevices(ports.clients[name]!, [`turn-${name}`], brokers);
      expect(await placeDevices(ports.clients[name]!, ids, brokers)).toEqual(placed);
    }
  });

  test("a section that does not name this node is left out, and said to be", async () => {
    const ports = await pairPorts();
    const config = nodeConfig(
      "stranger",
      { ...ports, clients: { stranger: ports.clients["lb1"]! } },
      brokers,
    );
    const node = await startTandem({ config });
    expect(node.process.stderr()).toContain(
      "Removing incomplete section 'peers pair' (no peer named 'stranger')",
    );
    await placeDevices(ports.clients["lb1"]!, ["alone"], brokers);
  });

  test("an address that is taken stops the start and leaves a reload without effect", async () => {
    const ports = await pairPorts();
    const first = await startNode("lb1", ports, brokers);
    const taken = { ...ports, peers: { lb1: ports.clients["lb1"]!, lb2: ports.peers["lb2"]! } };
    first.rewrite(nodeConfig("lb1", taken, brokers));
    const { code, stderr } = await first.reload();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /\[ALERT\].*haproxy\.cfg:\d+\] : Starting peers pair: cannot bind socket/,
    );
    // A peer's address that is not this one's is found here, too.
    const other = await startNode("lb2", ports, brokers);
    await waitForLog(other, /Peer pair\/lb1: connected/);
  });

  test("a reload moves the section to another port, adds a table, and keeps what is known", async () => {
    const ports = await pairPorts();
    const [moved] = await freePorts(1);
    const first = await startNode("lb1", ports, brokers);
    const second = await startNode("lb2", ports, brokers);
    const ids = deviceIds("move", 4);
    const placed = await placeDevices(ports.clients["lb1"]!, ids, brokers);
    const elsewhere = { ...ports, peers: { lb1: ports.peers["lb1"]!, lb2: moved! } };
    for (const [name, node] of [
      ["lb1", first],
      ["lb2", second],
    ] as const) {
      node.rewrite(
        nodeConfig(name, elsewhere, brokers, {
          peers: [
            ...Object.entries(elsewhere.peers).map(
              ([peer, port]) => `peer ${peer} 127.0.0.1:${port}`,
            ),
            "table more type ip size 1k expire 1m store conn_cnt",
          ],
        }),
      );
      expect(await node.reload()).toMatchObject({ code: 0 });
    }
    await second.stop();
    const again = await startTandem({ config: nodeConfig("lb2", elsewhere, brokers) });
    expect(await resynced(again)).toBe("full");
    await placeDevices(ports.clients["lb2"]!, ["turn"], brokers);
    expect(await placeDevices(ports.clients["lb2"]!, ids, brokers)).toEqual(placed);
  });

  test("a definition that the other side would drop is warned of with both values", async () => {
    const ports = await pairPorts();
    const first = await startNode("lb1", ports, brokers);
    await startNode("lb2", ports, brokers, {
      table: "stick-table type string len 32 size 100k expire 30m peers pair",
    });
    await waitForLog(
      first,
      /Peer pair\/lb2, table \\"mqtt\\": its key length is 64 here and 32 there, so both sides ignore it/,
    );
  });

  test("a process that takes over by -sf is handed the tables", async () => {
    const ports = await pairPorts();
    const config = nodeConfig("lb1", ports, brokers);
    const old = await startTandem({ config });
    await resynced(old);
    const ids = deviceIds("sf", 5);
    const placed = await placeDevices(ports.clients["lb1"]!, ids, brokers);
    const fresh = await startProcess({
      command: HAPROXY,
      args: ["-db", "-f", old.configFile, "-sf", String(old.pid)],
      ready: (child) => child.stderr().includes('"outcome":"full"'),
    });
    expect(fresh.stderr()).toContain('"outcome":"full"');
    await placeDevices(ports.clients["lb1"]!, ["turn"], brokers);
    expect(await placeDevices(ports.clients["lb1"]!, ids, brokers)).toEqual(placed);
    expect(await old.process.exited).toMatchObject({ code: 0 });
  });

  test("a table on disk is merged by age with what the peer teaches", async () => {
    const ports = await pairPorts();
    const directory = tempDir();
    const global = [`table-directory ${directory}`];
    const first = await startNode("lb1", ports, brokers, { global });
    const ids = deviceIds("disk", 5);
    const placed = await placeDevices(ports.clients["lb1"]!, ids, brokers);
    await first.stop();

    // While lb1 is away, one device moves: its broker there is the newer truth.
    const second = await startNode("lb2", ports, brokers);
    const mover = ids[0]!;
    let moved = await placeDevices(ports.clients["lb2"]!, [mover], brokers);
    if (moved.get(mover) === placed.get(mover)) {
      await second.stop();
      const next = await startNode("lb2", ports, brokers);
      await placeDevices(ports.clients["lb2"]!, ["turn"], brokers);
      moved = await placeDevices(ports.clients["lb2"]!, [mover], brokers);
      expect(next.pid).not.toBe(second.pid);
    }
    expect(moved.get(mover)).not.toBe(placed.get(mover));
    const again = await startNode("lb1", ports, brokers, { global });
    expect(await resynced(again)).toBe("full");
    const expected = new Map([...placed, ...moved]);
    expect(await placeDevices(ports.clients["lb1"]!, ids, brokers)).toEqual(expected);
    expect(await placeDevices(ports.clients["lb2"]!, ids, brokers)).toEqual(expected);
  });

  test("check says nothing of peers that are served", async () => {
    const ports = await pairPorts();
    const node = await startNode("lb1", ports, brokers);
    const { stdout, stderr } = await runTandem(["check", "-f", node.configFile]);
    expect(`${stdout}${stderr}`).toMatch(/peers pair/);
    expect(`${stdout}${stderr}`).not.toMatch(/not shared with other nodes/);
  });
});
