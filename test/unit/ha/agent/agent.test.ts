import { describe, expect, test } from "vitest";
import { Agent } from "../../../../ha/agent/agent.ts";
import type { AgentEffect, AgentEvent } from "../../../../ha/agent/agent-events.ts";
import type { AgentConfiguration } from "../../../../ha/config/model/configuration.ts";
import type { KernelAddress } from "../../../../ha/vip/vip-events.ts";
import { decodeAdvert } from "../../../../ha/vrrp/codec.ts";
import { readIpv4Packet } from "../../../../ha/vrrp/ip-header.ts";
import {
  agentConfiguration,
  instanceConfiguration,
  ip,
  notifyCommand,
  vipConfiguration,
} from "../../../support/agent-configuration.ts";

const ETH0: AgentEvent = {
  kind: "link",
  link: { name: "eth0", index: 2, mac: new Uint8Array([2, 0, 0, 0, 0, 1]), isRunning: true },
};
const OWN: KernelAddress = { device: "eth0", address: ip("10.98.0.1"), prefixLength: 24 };
const VIP: KernelAddress = { device: "eth0", address: ip("10.98.0.100"), prefixLength: 24 };

function configuration(): AgentConfiguration {
  return agentConfiguration({
    instances: [
      instanceConfiguration({
        name: "V",
        interface: "eth0",
        vrid: 51,
        version: 3,
        priority: 100,
        advertIntervalMs: 100,
        vips: [vipConfiguration("10.98.0.100/24")],
        notify: { any: notifyCommand("/bin/tell") },
      }),
    ],
  });
}

class Stage {
  readonly agent: Agent;
  readonly effects: AgentEffect[] = [];
  nowMs = 1_000;

  constructor(options: { hasBalancer?: boolean } = {}) {
    this.agent = new Agent({
      configuration: configuration(),
      nonce: new Uint8Array(8),
      hasBalancer: options.hasBalancer ?? false,
      removesLeftovers: true,
    });
  }

  feed(event: AgentEvent): readonly AgentEffect[] {
    this.agent.handle(event, this.nowMs);
    const now: AgentEffect[] = [];
    for (let effect = this.agent.poll(); effect !== undefined; effect = this.agent.poll()) {
      now.push(effect);
    }
    this.effects.push(...now);
    return now;
  }

  start(): void {
    this.feed(ETH0);
    this.feed({ kind: "address-added", address: OWN });
    this.feed({ kind: "start" });
  }

  /** Lets the time pass to the next timeout. */
  step(): readonly AgentEffect[] {
    this.nowMs = this.agent.nextTimeout()!;
    return this.feed({ kind: "timeout" });
  }

  untilMaster(): readonly AgentEffect[] {
    for (let count = 0; count < 50; count++) {
      const now = this.step();
      if (now.some((effect) => effect.kind === "add")) {
        this.feed({ kind: "address-added", address: VIP });
        return now;
      }
    }
    throw new Error("It never became master");
  }
}

function kinds(effects: readonly AgentEffect[]): string[] {
  return effects.map((effect) => effect.kind);
}

function prioritiesSent(effects: readonly AgentEffect[]): number[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== "send") return [];
    const packet = readIpv4Packet(effect.packet.bytes)!;
    const decoded = decodeAdvert(packet.payload, { family: 4, ...packet });
    return decoded.kind === "advert" ? [decoded.advert.priority] : [];
  });
}

describe("an agent", () => {
  test("alone, it becomes master: an advert, the will, the VIP, then announcements", () => {
    const stage = new Stage();
    stage.start();
    expect(stage.agent.status().instances[0]!.election.state).toBe("BACKUP");
    const promotion = stage.untilMaster();
    const order = kinds(promotion).filter((kind) =>
      ["send", "will", "add", "announce"].includes(kind),
    );
    expect(order.slice(0, 4)).toEqual(["send", "will", "add", "announce"]);
    const will = promotion.find((effect) => effect.kind === "will")!.will;
    expect(will.commands.map(({ words }) => words.join(" "))).toEqual([
      expect.stringMatching(/^address del 10\.98\.0\.100\/24 .*dev eth0/),
    ]);
    expect(will.packets).toHaveLength(1);
    expect(prioritiesSent([{ kind: "send", packet: will.packets[0]! }])).toEqual([0]);
    expect(stage.agent.status().instances[0]!.isHeld).toBe(true);
  });

  test("one that cannot hear anybody takes no master's place, and listens first when it can", () => {
    const stage = new Stage();
    const problem = "adverts cannot be received on eth0";
    stage.feed({ kind: "reception", instance: "V", problem });
    stage.start();
    stage.nowMs += 10_000;
    stage.feed({ kind: "timeout" });
    const election = stage.agent.status().instances[0]!.election;
    expect(election).toMatchObject({ state: "FAULT", faults: [problem] });
    stage.feed({ kind: "reception", instance: "V", problem: undefined });
    expect(stage.agent.status().instances[0]!.election.state).toBe("BACKUP");
    const fromMs = stage.nowMs;
    stage.untilMaster();
    expect(stage.nowMs - fromMs).toBeGreaterThan(300);
  });

  test("a stop resigns, releases, empties the will, runs the last notices, and only then ends", () => {
    const stage = new Stage();
    stage.start();
    stage.untilMaster();
    const stopping = stage.feed({ kind: "stop" });
    expect(prioritiesSent(stopping)).toEqual([0]);
    expect(kinds(stopping)).toContain("remove");
    expect(kinds(stopping)).not.toContain("stopped");
    const gone = stage.feed({ kind: "address-removed", address: VIP });
    const will = [...stopping, ...gone].findLast((effect) => effect.kind === "will")!.will;
    expect(will).toEqual({ commands: [], packets: [] });
    for (let notified = 0; !kinds(stage.effects).includes("stopped"); notified++) {
      expect(notified).toBeLessThan(10);
      const command = stage.effects.findLast((effect) => effect.kind === "notify")!;
      stage.feed({ kind: "notified", id: command.id, problem: undefined });
    }
    const told = stage.effects.filter((effect) => effect.kind === "notify");
    expect(told.map((effect) => effect.arguments[2])).toEqual(["BACKUP", "MASTER", "STOP"]);
  });

  test("after a pause the VIP goes before anything is sent", () => {
    const stage = new Stage();
    stage.start();
    stage.untilMaster();
    stage.nowMs += 60_000;
    // A packet may be the first thing that wakes it, as well as a timer.
    const woken = stage.feed({ kind: "address-added", address: OWN });
    const order = kinds(woken).filter((kind) => ["send", "announce", "remove"].includes(kind));
    expect(order[0]).toBe("remove");
    expect(stage.agent.status().instances[0]!.election.state).toBe("BACKUP");
  });

  test("the same after a sleep that its own clock did not see", () => {
    const stage = new Stage();
    stage.start();
    stage.untilMaster();
    const woken = stage.feed({ kind: "slept", sleptMs: 60_000 });
    expect(kinds(woken).find((kind) => ["send", "announce", "remove"].includes(kind))).toBe(
      "remove",
    );
  });

  test("an interface without an address is a fault that says so", () => {
    const stage = new Stage();
    stage.feed(ETH0);
    stage.feed({ kind: "start" });
    const [report] = stage.agent.status().instances;
    expect(report!.election.state).toBe("FAULT");
    expect(report!.election.faults.join()).toContain("no IPv4 address on eth0");
    stage.feed({ kind: "address-added", address: OWN });
    expect(stage.agent.status().instances[0]!.election.state).toBe("BACKUP");
  });

  test("with a balancer, nothing is claimed before it serves; unfitness and its end hand over", () => {
    const stage = new Stage({ hasBalancer: true });
    stage.start();
    expect(stage.agent.status().instances[0]!.election.state).toBe("FAULT");
    stage.feed({ kind: "balancer", report: { state: "serving", isFit: true, reasons: [] } });
    stage.untilMaster();
    const unfit = stage.feed({
      kind: "balancer",
      report: { state: "serving", isFit: false, reasons: ["no server of backend k is usable"] },
    });
    const lines = unfit.flatMap((effect) => (effect.kind === "log" ? [effect.text] : []));
    expect(lines[0]).toBe("The balancer is not fit to serve: no server of backend k is usable");
    expect(prioritiesSent(unfit)).toEqual([0]);
    stage.feed({ kind: "address-removed", address: VIP });
    stage.feed({ kind: "balancer", report: { state: "serving", isFit: true, reasons: [] } });
    stage.untilMaster();
    const dead = stage.feed({
      kind: "balancer",
      report: { state: "down", isFit: false, reasons: ["killed by SIGKILL"] },
    });
    expect(prioritiesSent(dead)).toEqual([0]);
    expect(kinds(dead)).toContain("remove");
  });
});
