// A neighbour that floods the network with adverts must not delay ours beyond half an interval.
import { beforeAll, describe, expect, test } from "vitest";
import { buildPacket } from "../../ha/vrrp/build-packet.ts";
import { ip } from "../support/agent-configuration.ts";
import { compileProgram } from "../support/compiled.ts";
import { createLan, noNamespaces, type Host } from "../support/netns.ts";
import { has } from "../support/programs.ts";
import type { RunningProcess } from "../support/process.ts";
import type { WireOrders } from "./programs/wire.ts";

const INTERVAL_MS = 100;
const FLOOD_MS = 3_000;

let program = "";
beforeAll(() => {
  program = compileProgram("test/netns/programs/wire.ts");
});

function start(host: Host, orders: WireOrders, isRealtime: boolean): Promise<RunningProcess> {
  const command = [process.execPath, program, JSON.stringify(orders)];
  const prefix = isRealtime && has("chrt") ? ["chrt", "--rr", "--reset-on-fork", "50"] : [];
  const [first, ...args] = [...prefix, ...command];
  return host.start({ command: first!, args, ready: /^ready$/m });
}

function advertFrom(source: string, vrid: number): NonNullable<WireOrders["packets"]>[number] {
  const { bytes } = buildPacket(
    {
      interface: "eth0",
      vmac: undefined,
      unicast: undefined,
      authentication: { kind: "none" },
      checksumForm: "pseudo-header",
    },
    {
      advert: {
        version: 3,
        family: 4,
        vrid,
        priority: 100,
        intervalMs: INTERVAL_MS,
        vips: [ip("10.98.0.100")],
      },
      source: ip(source),
      destination: ip("224.0.0.18"),
      id: 1,
    },
  );
  const hex = Buffer.from(bytes).toString("hex");
  return { interface: "eth0", family: 4, destination: "224.0.0.18", bytes: hex };
}

describe.skipIf(noNamespaces !== undefined)(`a flood of adverts ${noNamespaces ?? ""}`, () => {
  test("does not delay ours beyond half an interval", async () => {
    const lan = await createLan(["node", "hostile"]);
    const [node, hostile] = [lan.host("node"), lan.host("hostile")];
    const sender = await start(
      node,
      {
        places: [{ interface: "eth0", family: 4, group: "224.0.0.18" }],
        packets: [advertFrom(node.ipv4, 51)],
        everyMs: INTERVAL_MS,
        isQuiet: true,
      },
      true,
    );
    const flood = await start(
      hostile,
      { packets: [advertFrom(hostile.ipv4, 51)], floodMs: FLOOD_MS },
      false,
    );
    const [, rate] = await flood.waitForOutput(/"perSecond":(\d+)/);
    sender.kill("SIGUSR2");
    const [line] = await sender.waitForOutput(/\{.*maxMs.*\}/);
    const { p99Ms, maxMs, receivedCount } = JSON.parse(line) as Record<string, number>;
    if (process.env["TANDEM_TEST_FIGURES"] !== undefined) console.log({ rate, line });
    // The flood arrived, more than a busy network would ever bring.
    expect(receivedCount).toBeGreaterThan(10_000);
    expect(p99Ms).toBeLessThan(INTERVAL_MS / 2);
    expect(maxMs).toBeLessThan(INTERVAL_MS);
  });
});
