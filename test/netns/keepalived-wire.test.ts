// Adverts between this codec and a real Keepalived: each side accepts what the other sends.
import { beforeAll, describe, expect, test } from "vitest";
import type { Authentication } from "../../ha/config/model/instance.ts";
import { buildPacket } from "../../ha/vrrp/build-packet.ts";
import { judgePacket } from "../../ha/vrrp/receive.ts";
import { instanceConfiguration, ip } from "../support/agent-configuration.ts";
import { compileProgram } from "../support/compiled.ts";
import { startKeepalived } from "../support/keepalived.ts";
import { createLan, noNamespaces, type Lan } from "../support/netns.ts";
import { has, skipReason } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import type { WireOrders } from "./programs/wire.ts";

const skipped =
  noNamespaces ?? (has("keepalived") ? undefined : `skipped: ${skipReason("keepalived")}`);

let program = "";
beforeAll(() => {
  program = compileProgram("test/netns/programs/wire.ts");
});

interface Case {
  readonly what: string;
  readonly version: 2 | 3;
  readonly family: 4 | 6;
  readonly isUnicast: boolean;
  readonly authentication: Authentication;
  readonly intervalMs: number;
}

const NONE: Authentication = { kind: "none" };
const PASS: Authentication = { kind: "pass", password: Buffer.from("secret\0\0") };
const V3 = { version: 3, family: 4, authentication: NONE, intervalMs: 100 } as const;
const V2 = { version: 2, family: 4, intervalMs: 1000 } as const;

const CASES: readonly Case[] = [
  { what: "v2", ...V2, isUnicast: false, authentication: NONE },
  { what: "v2, PASS", ...V2, isUnicast: false, authentication: PASS },
  { what: "v3, multicast", ...V3, isUnicast: false },
  { what: "v3, unicast", ...V3, isUnicast: true },
  { what: "v3, IPv6", ...V3, family: 6, isUnicast: false },
];

function keepalivedConfig(one: Case, lan: Lan): string {
  const [us, them] = [lan.host("us"), lan.host("them")];
  const unicast = `unicast_src_ip ${them.ipv4}\n  unicast_peer {\n    ${us.ipv4}\n  }`;
  return `vrrp_instance V {
  interface eth0
  state BACKUP
  version ${one.version}
  virtual_router_id 51
  priority 100
  advert_int ${one.intervalMs / 1000}
  ${one.isUnicast ? unicast : ""}
  ${one.authentication.kind === "pass" ? "authentication {\n auth_type PASS\n auth_pass secret\n }" : ""}
  virtual_ipaddress {
    ${one.family === 4 ? "10.98.0.100/24" : "fe80::100/64"} dev eth0
  }
}
`;
}

describe.skipIf(skipped !== undefined)(`Keepalived on the wire ${skipped ?? ""}`, () => {
  test.each(CASES)("$what: each accepts the other's adverts", async (one) => {
    const lan = await createLan(["us", "them"]);
    const [us, them] = [lan.host("us"), lan.host("them")];
    const group = one.family === 4 ? "224.0.0.18" : "ff02::12";
    const [source, peer] = one.family === 4 ? [us.ipv4, them.ipv4] : [us.ipv6, them.ipv6];
    const instance = instanceConfiguration({
      ...one,
      vrid: 51,
      vips: [one.family === 4 ? "10.98.0.100/24" : "fe80::100/64"],
      advertIntervalMs: one.intervalMs,
      unicast: one.isUnicast ? [peer] : undefined,
    });
    const destination = one.isUnicast ? peer : group;
    const packetOf = (priority: number): NonNullable<WireOrders["packets"]>[number] => {
      const { version, family, intervalMs } = one;
      const vips = instance.vips.map(({ address }) => address);
      const advert = { version, family, vrid: 51, priority, intervalMs, vips };
      const fields = { advert, source: ip(source), destination: ip(destination), id: 1 };
      const { bytes } = buildPacket(instance, fields);
      return { interface: "eth0", family, destination, bytes: Buffer.from(bytes).toString("hex") };
    };
    const start = (orders: WireOrders) =>
      us.start({
        command: process.execPath,
        args: [program, JSON.stringify(orders)],
        ready: /^ready$/m,
      });
    const place = { interface: "eth0", family: one.family };
    const places = [one.isUnicast ? place : { ...place, group }];
    const sender = await start({ packets: [packetOf(150)], everyMs: one.intervalMs });
    const keepalived = await startKeepalived(them, keepalivedConfig(one, lan));
    // Longer than its Master_Down_Interval of 3.6 intervals.
    const sentCount = async (): Promise<number> => {
      sender.kill("SIGUSR2");
      await sender.waitForOutput(/sentCount/);
      const counts = [...sender.stdout().matchAll(/"sentCount":(\d+)/g)];
      return counts.reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const before = await sentCount();
    await waitFor(async () => (await sentCount()) >= before + 6, { intervalMs: 100 });
    expect(keepalived.process.output()).not.toMatch(/Entering MASTER|Invalid|mismatch|wrong/i);
    await sender.stop();

    const receiver = await start({ places, packets: [packetOf(0)] });
    receiver.kill("SIGUSR1");
    // It may have taken over in the meantime.
    await keepalived.process.waitForOutput(/received priority 0/);
    const [line] = await receiver.waitForOutput(/^\{"family".*\}$/m);
    const { payload, ttl } = JSON.parse(line) as { payload: string; ttl?: number };
    const verdict = judgePacket(
      instance,
      {
        family: one.family,
        interface: "eth0",
        source: ip(peer),
        destination: one.family === 4 ? ip(one.isUnicast ? source : group) : undefined,
        ttl,
        payload: Uint8Array.from(Buffer.from(payload, "hex")),
      },
      { source: ip(source) },
    );
    expect(verdict).toMatchObject({ kind: "accept", notes: [], advert: { priority: 100 } });
  });
});
