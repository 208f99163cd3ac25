// Peers over TLS with certificates on both sides, and what is refused.
import net from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthority, type TestAuthority } from "../support/certificates.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { startMosquittos, type Broker } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { deviceIds } from "./mqtt-devices.ts";
import { nodeConfig, type PairPorts, placeDevices, resynced, waitForLog } from "./peers-harness.ts";

describe.skipIf(!has("mosquitto"))(`peers over TLS${skipNote("mosquitto")}`, () => {
  let brokers: Broker[] = [];
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let ports: PairPorts;
  beforeAll(async () => {
    brokers = await startMosquittos(3);
    authority = makeAuthority();
    stranger = makeAuthority("Stranger");
    const [one, two, three, four] = await freePorts(4);
    ports = { clients: { lb1: one!, lb2: two! }, peers: { lb1: three!, lb2: four! } };
  });

  /** The lines of a section whose members show certificates of one authority and trust another. */
  function section(name: string, own: TestAuthority, trusted: TestAuthority): string[] {
    const { pemFile } = own.issue([name]);
    const other = name === "lb1" ? "lb2" : "lb1";
    return [
      `default-server ssl crt ${pemFile} ca-file ${trusted.certFile} verify required`,
      `bind 127.0.0.1:${ports.peers[name]!} ssl crt ${pemFile} ca-file ${trusted.certFile} verify required`,
      `server ${name}`,
      `server ${other} 127.0.0.1:${ports.peers[other]!}`,
    ];
  }

  test("two nodes share a table, and hear nobody without a certificate", async () => {
    const nodes = [];
    for (const name of ["lb1", "lb2"]) {
      const peers = section(name, authority, authority);
      nodes.push(await startTandem({ config: nodeConfig(name, ports, brokers, { peers }) }));
      await resynced(nodes.at(-1)!);
    }
    const ids = deviceIds("tls", 5);
    const placed = await placeDevices(ports.clients["lb1"]!, ids, brokers);
    await placeDevices(ports.clients["lb2"]!, ["turn"], brokers);
    expect(await placeDevices(ports.clients["lb2"]!, ids, brokers)).toEqual(placed);

    // A greeting without TLS is no handshake.
    const plain = net.connect(ports.peers["lb1"]!, "127.0.0.1");
    plain.on("error", () => undefined);
    plain.write("HAProxyS 2.1\nlb1\nlb2 1 1\n");
    await new Promise<void>((resolve) => plain.once("close", () => resolve()));
    await waitForLog(nodes[0]!, /Peers pair: a connection was refused: TLS: /);
    await Promise.all(nodes.map((node) => node.stop()));
  });

  test("a peer of another authority is refused by both sides", async () => {
    const first = await startTandem({
      config: nodeConfig("lb1", ports, brokers, { peers: section("lb1", authority, authority) }),
    });
    const second = await startTandem({
      config: nodeConfig("lb2", ports, brokers, { peers: section("lb2", stranger, stranger) }),
    });
    await waitForLog(first, /Peers pair: a connection was refused: TLS: .* during the handshake/);
    await waitForLog(first, /Peer pair\/lb2: not connected: TLS: .*(certificate|issuer)/);
    await waitForLog(second, /Peer pair\/lb1: not connected: TLS: .*(certificate|issuer)/);
    await Promise.all([first.stop(), second.stop()]);
  });

  test("a file that is missing stops the start and names the line", async () => {
    const peers = [
      `default-bind ssl crt /nowhere/peer.pem`,
      `peer lb1 127.0.0.1:${ports.peers["lb1"]!}`,
    ];
    const start = startTandem({ config: nodeConfig("lb1", ports, brokers, { peers }) });
    await expect(start).rejects.toThrow(/\/nowhere\/peer\.pem/);
  });

  test.skipIf(!has("haproxy"))(`with HAProxy at the other end${skipNote("haproxy")}`, async () => {
    const tandem = await startTandem({
      config: nodeConfig("lb1", ports, brokers, { peers: section("lb1", authority, authority) }),
    });
    const haproxy = await startHaproxy({
      config: nodeConfig("lb2", ports, brokers, { peers: section("lb2", authority, authority) }),
    });
    await waitForLog(tandem, /Peer pair\/lb2: connected, it is a program like HAProxy/);
    const ids = deviceIds("mixed", 5);
    const placed = await placeDevices(ports.clients["lb1"]!, ids, brokers);
    await waitFor(async () => (await haproxy.command("show table mqtt")).includes("mixed-4"));
    await placeDevices(ports.clients["lb2"]!, ["turn"], brokers);
    expect(await placeDevices(ports.clients["lb2"]!, ids, brokers)).toEqual(placed);
    const theirs = await placeDevices(ports.clients["lb2"]!, deviceIds("theirs", 4), brokers);
    await placeDevices(ports.clients["lb1"]!, ["turn"], brokers);
    expect(await placeDevices(ports.clients["lb1"]!, theirs.keys(), brokers)).toEqual(theirs);
  });
});
