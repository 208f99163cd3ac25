// The agent's packets and frames on a real wire, seen by tcpdump and by its own receiver.
import { existsSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildPacket } from "../../ha/vrrp/build-packet.ts";
import type { Advert } from "../../ha/vrrp/advert.ts";
import { ip } from "../support/agent-configuration.ts";
import { compileProgram } from "../support/compiled.ts";
import { createLan, noNamespaces, type Host } from "../support/netns.ts";
import type { RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { waitFor } from "../support/wait-for.ts";
import type { WireOrders } from "./programs/wire.ts";

const hasNative = existsSync(path.join(REPOSITORY_DIR, "build", "Release", "tandem_agent.node"));
const nativeNote = hasNative ? "" : " (skipped: run scripts/build-native)";

interface Line {
  readonly source: string;
  readonly destination?: string;
  readonly ttl?: number;
  readonly payload: string;
  readonly problem?: unknown;
}

let program = "";
beforeAll(() => {
  program = compileProgram("test/netns/programs/wire.ts");
});

function start(host: Host, orders: WireOrders): Promise<RunningProcess> {
  return host.start({
    command: process.execPath,
    args: [program, JSON.stringify(orders)],
    ready: /^ready$/m,
  });
}

function linesOf(running: RunningProcess): readonly Line[] {
  return running
    .stdout()
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Line);
}

const ADVERT: Advert = {
  version: 3,
  family: 4,
  vrid: 51,
  priority: 100,
  intervalMs: 1000,
  vips: [ip("10.98.0.100")],
};

function packetOf(
  advert: Advert,
  source: string,
  destination: string,
  ttl?: number,
): { interface: string; family: 4 | 6; destination: string; bytes: string } {
  const packet = buildPacket(
    {
      interface: "eth0",
      vmac: undefined,
      unicast: ttl === undefined ? undefined : { peers: [], ttl, checksSource: false },
      authentication: { kind: "none" },
      checksumForm: "pseudo-header",
    },
    { advert, source: ip(source), destination: ip(destination), id: 7 },
  );
  const bytes = Buffer.from(packet.bytes).toString("hex");
  return { interface: "eth0", family: advert.family, destination, bytes };
}

/** Starts tcpdump; gives the packets seen so far as hex, from the Ethernet header on. */
async function capture(host: Host, ...filter: readonly string[]): Promise<() => readonly string[]> {
  const running = await host.start({
    command: "tcpdump",
    args: ["-Uxxnli", "eth0", "--immediate-mode", ...filter],
    ready: /listening on/,
  });
  return () =>
    running
      .stdout()
      .split(/^\S.*$/m)
      .map((dump) => dump.replaceAll(/^\s+0x\w+:|\s/gm, ""))
      .filter((dump) => dump !== "");
}

describe.skipIf(noNamespaces !== undefined)(`packets on the wire ${noNamespaces ?? ""}`, () => {
  test("IPv4: multicast and unicast, from an address of our choice, byte for byte", async () => {
    const lan = await createLan(["a", "b"]);
    const [a, b] = [lan.host("a"), lan.host("b")];
    // The kernel would choose 10.98.0.1.
    await a.mustRun("ip", "address", "add", "10.98.0.55/24", "dev", "eth0");
    const packets = [
      packetOf(ADVERT, "10.98.0.55", "224.0.0.18"),
      packetOf({ ...ADVERT, version: 2 }, "10.98.0.55", "224.0.0.18"),
      packetOf(ADVERT, "10.98.0.55", b.ipv4, 64),
    ];
    const seen = await capture(b, "proto", "112");
    const places = [{ interface: "eth0", family: 4, group: "224.0.0.18" }] as const;
    const receiver = await start(b, { places });
    const sender = await start(a, { places, packets });
    sender.kill("SIGUSR1");
    await waitFor(() => linesOf(receiver).length === 3, { what: () => receiver.output() });
    expect(linesOf(receiver)).toEqual(
      packets.map(({ bytes, destination }) => ({
        family: 4,
        interface: "eth0",
        source: "10.98.0.55",
        destination,
        ttl: destination === b.ipv4 ? 64 : 255,
        payload: bytes.slice(40),
      })),
    );
    await waitFor(() => seen().length === 3);
    expect(seen().map((frame) => frame.slice(28))).toEqual(packets.map(({ bytes }) => bytes));
    expect(seen().map((frame) => frame.slice(0, 12))).toEqual([
      "01005e000012",
      "01005e000012",
      "020000000002",
    ]);
    // The sender joined the group, too, and does not hear itself.
    expect(linesOf(sender)).toEqual([]);
  });

  test("IPv6: multicast and unicast, byte for byte", async () => {
    const lan = await createLan(["a", "b"]);
    const [a, b] = [lan.host("a"), lan.host("b")];
    await a.mustRun("ip", "address", "add", "fe80::5555/64", "dev", "eth0", "nodad");
    const advert: Advert = { ...ADVERT, family: 6, vips: [ip("fe80::100")] };
    const packets = [
      packetOf(advert, "fe80::5555", "ff02::12"),
      packetOf(advert, "fe80::5555", b.ipv6),
    ];
    const seen = await capture(b, "ip6", "proto", "112");
    const places = [{ interface: "eth0", family: 6, group: "ff02::12" }] as const;
    const receiver = await start(b, { places });
    const sender = await start(a, { places, packets });
    sender.kill("SIGUSR1");
    await waitFor(() => linesOf(receiver).length === 2, { what: () => receiver.output() });
    expect(linesOf(receiver)).toEqual(
      packets.map(({ bytes }) => ({
        family: 6,
        interface: "eth0",
        source: "fe80::5555",
        payload: bytes.slice(80),
      })),
    );
    await waitFor(() => seen().length === 2);
    expect(seen().map((frame) => frame.slice(28))).toEqual(packets.map(({ bytes }) => bytes));
    expect(linesOf(sender)).toEqual([]);
  });

  test.skipIf(!hasNative)(
    `IPv6 multicast with a hop limit other than 255 does not arrive${nativeNote}`,
    async () => {
      const lan = await createLan(["a", "b"]);
      const [a, b] = [lan.host("a"), lan.host("b")];
      const advert: Advert = { ...ADVERT, family: 6, vips: [ip("fe80::100")] };
      const packets = [
        packetOf({ ...advert, priority: 1 }, a.ipv6, "ff02::12", 254),
        packetOf({ ...advert, priority: 2 }, a.ipv6, b.ipv6, 64),
        packetOf({ ...advert, priority: 3 }, a.ipv6, "ff02::12", 255),
      ];
      const seen = await capture(b, "ip6", "proto", "112");
      const receiver = await start(b, {
        places: [{ interface: "eth0", family: 6, group: "ff02::12" }],
      });
      const sender = await start(a, { packets });
      sender.kill("SIGUSR1");
      await waitFor(() => linesOf(receiver).length === 2, { what: () => receiver.output() });
      expect(linesOf(receiver).map(({ payload }) => payload.slice(4, 6))).toEqual(["02", "03"]);
      await waitFor(() => seen().length === 3);
    },
  );

  test("a wrong checksum over IPv6 is the kernel's to drop", async () => {
    const lan = await createLan(["a", "b"]);
    const [a, b] = [lan.host("a"), lan.host("b")];
    const advert: Advert = { ...ADVERT, family: 6, vips: [ip("fe80::100")] };
    const good = packetOf(advert, a.ipv6, "ff02::12");
    const bad = { ...good, bytes: `${good.bytes.slice(0, -2)}01` };
    const receiver = await start(b, {
      places: [{ interface: "eth0", family: 6, group: "ff02::12" }],
    });
    const sender = await start(a, { packets: [bad, good] });
    sender.kill("SIGUSR1");
    await waitFor(() => linesOf(receiver).length > 0, { what: () => receiver.output() });
    expect(linesOf(receiver).map(({ payload }) => payload)).toEqual([good.bytes.slice(80)]);
  });

  test("an interface that is made anew works again", async () => {
    const lan = await createLan(["a"]);
    const a = lan.host("a");
    const make = async (): Promise<void> => {
      await a.mustRun("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
      for (const link of ["v0", "v1"]) await a.mustRun("ip", "link", "set", link, "up");
    };
    await make();
    const orders = {
      places: [{ interface: "v0", family: 4, group: "224.0.0.18" }],
      packets: [{ ...packetOf(ADVERT, "10.97.0.1", "224.0.0.18"), interface: "v1" }],
    } as const;
    const running = await start(a, orders);
    running.kill("SIGUSR1");
    await waitFor(() => linesOf(running).length === 1, { what: () => running.output() });
    await a.mustRun("ip", "link", "del", "v0");
    running.kill("SIGUSR1");
    await waitFor(() => linesOf(running).length === 2, { what: () => running.output() });
    expect(linesOf(running)[1]?.problem).toMatchObject({ interface: "v1", operation: "send" });
    await make();
    running.kill("SIGHUP");
    running.kill("SIGUSR1");
    await waitFor(
      () => {
        const last = linesOf(running).at(-1);
        if (last?.problem === undefined) return true;
        running.kill("SIGUSR1");
        return false;
      },
      { what: () => running.output(), intervalMs: 100 },
    );
    expect(linesOf(running).at(-1)).toMatchObject({ source: "10.97.0.1" });
  });
});
