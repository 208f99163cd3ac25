import { describe, expect, test } from "vitest";
import type { AgentEffect } from "../../../../ha/agent/agent-events.ts";
import { Tickles } from "../../../../ha/agent/tickles.ts";
import { readIpv4Packet } from "../../../../ha/vrrp/ip-header.ts";
import { connectionKey } from "../../../../src/base/connection-key.ts";
import { printIp } from "../../../../src/base/ip.ts";
import { TICKLE_RATE_MAX, TICKLES_PER_MESSAGE_MAX } from "../../../../src/base/life.ts";
import { agentConfiguration, instanceConfiguration } from "../../../support/agent-configuration.ts";

const VIP = "10.98.0.100";

function instances(vips: readonly string[]) {
  return agentConfiguration({
    instances: [
      instanceConfiguration({ name: "V", vips, excludedVips: ["2001:db8::100/64"] }),
      instanceConfiguration({ name: "W", vips: ["10.98.0.200/24"] }),
    ],
  });
}

/** Keys of connections `[client, local]`. */
function keys(...ends: readonly (readonly [string, string])[]): string {
  const bytes = ends.map(([client, local]) => {
    const family = client.includes(":") ? 6 : 4;
    return connectionKey(
      { kind: "ip", family, host: client, port: 50_000 },
      { kind: "ip", family, host: local, port: 1883 },
    )!;
  });
  return Buffer.concat(bytes).toString("base64");
}

class Bench {
  readonly holding = new Set<string>();
  readonly tickles = new Tickles((effect) => this.#effects.push(effect));
  #effects: AgentEffect[] = [];

  constructor(holding: readonly string[] = []) {
    for (const name of holding) this.holding.add(name);
    this.look();
    if (holding.length > 0) this.take();
  }

  look(configuration = CONFIGURATION): void {
    this.tickles.look(configuration, { isHeld: (name) => this.holding.has(name) });
  }

  take(): string[] {
    const taken = this.#effects.map((effect) => {
      if (effect.kind === "vips") return `held ${effect.held.join(" ")}`;
      return effect.kind === "tickle" ? printIp(effect.destination) : effect.kind;
    });
    this.#effects = [];
    return taken;
  }

  packets(): Uint8Array[] {
    return this.#effects.flatMap((effect) => (effect.kind === "tickle" ? [effect.bytes] : []));
  }
}

const CONFIGURATION = instances([`${VIP}/24`]);

describe("an agent's VIPs", () => {
  test("are told when they come and go, once", () => {
    const bench = new Bench();
    expect(bench.take()).toEqual([]);
    bench.holding.add("V");
    bench.look();
    bench.look();
    expect(bench.take()).toEqual([`held ${VIP} 2001:db8::100`]);
    bench.holding.add("W");
    bench.look();
    expect(bench.take()).toEqual([`held ${VIP} 2001:db8::100 10.98.0.200`]);
    bench.holding.clear();
    bench.look();
    expect(bench.take()).toEqual(["held "]);
  });

  test("are told again when a reload changes them, and only then", () => {
    const bench = new Bench(["V"]);
    bench.look(instances([`${VIP}/24`]));
    expect(bench.take()).toEqual([]);
    bench.look(instances([`${VIP}/24`, "10.98.0.101/24"]));
    expect(bench.take()).toEqual([`held ${VIP} 10.98.0.101 2001:db8::100`]);
  });
});

describe("an agent's tickles", () => {
  test("go to clients of VIPs that it holds, of either family", () => {
    const bench = new Bench(["V"]);
    bench.tickles.send(keys(["10.98.0.9", VIP], ["2001:db8::9", "2001:db8::100"]), 0);
    const [first] = bench.packets();
    expect(printIp(readIpv4Packet(first!)!.source)).toBe(VIP);
    expect(bench.take()).toEqual(["10.98.0.9", "2001:db8::9"]);
  });

  test("never have another source, nor a destination that is no host", () => {
    const bench = new Bench(["V"]);
    const wrong: readonly (readonly [string, string])[] = [
      ["10.98.0.9", "10.98.0.200"],
      ["10.98.0.9", "8.8.8.8"],
      ["224.0.0.18", VIP],
      ["255.255.255.255", VIP],
      ["127.0.0.1", VIP],
      ["0.0.0.0", VIP],
      ["169.254.1.1", VIP],
      ["ff02::1", "2001:db8::100"],
      ["fe80::1", "2001:db8::100"],
      ["::1", "2001:db8::100"],
      ["::", "2001:db8::100"],
      ["2001:db8::9", VIP],
    ];
    for (const ends of wrong) bench.tickles.send(keys(ends), 0);
    bench.tickles.send("AAAA", 0);
    bench.tickles.send("", 0);
    expect(bench.take()).toEqual([]);
    bench.holding.clear();
    bench.look();
    bench.take();
    bench.tickles.send(keys(["10.98.0.9", VIP]), 0);
    expect(bench.take()).toEqual([]);
  });

  test("have different sequence numbers", () => {
    const bench = new Bench(["V"]);
    for (let count = 0; count < 3; count += 1) bench.tickles.send(keys(["10.98.0.9", VIP]), 0);
    const numbers = bench.packets().map((packet) => Buffer.from(packet).readUInt32BE(24));
    expect(new Set(numbers).size).toBe(3);
  });

  test("stay within the rate, whatever the balancer asks for", () => {
    const bench = new Bench(["V"]);
    const message = keys(
      ...Array.from({ length: TICKLES_PER_MESSAGE_MAX }, () => ["10.98.0.9", VIP] as const),
    );
    for (let nowMs = 0; nowMs < 1_000; nowMs += 1) bench.tickles.send(message, nowMs);
    const count = bench.take().length;
    expect(count).toBeGreaterThan(TICKLE_RATE_MAX * 0.9);
    expect(count).toBeLessThanOrEqual(TICKLE_RATE_MAX + 2 * TICKLES_PER_MESSAGE_MAX);
  });
});
