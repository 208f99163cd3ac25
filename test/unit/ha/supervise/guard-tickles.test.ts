import { describe, expect, test } from "vitest";
import { connectionKey } from "../../../../src/base/connection-key.ts";
import { TICKLE_RATE_MAX, TICKLES_PER_MESSAGE_MAX } from "../../../../src/base/life.ts";
import { GuardBench } from "./guard-bench.ts";

const KEY = Buffer.from(
  connectionKey(
    { kind: "ip", family: 4, host: "10.98.0.9", port: 50_000 },
    { kind: "ip", family: 4, host: "10.98.0.100", port: 1883 },
  )!,
).toString("base64");

function hold(bench: GuardBench, ...held: readonly string[]): void {
  const message = { kind: "vips", held } as const;
  bench.feed({ kind: "from-agent", run: bench.runs.agent, message });
}

function tickle(bench: GuardBench, count = 1): void {
  const message = { kind: "tickle", connections: KEY.repeat(count) } as const;
  bench.feed({ kind: "from-balancer", run: bench.runs.balancer, message });
}

describe("guard: tickles", () => {
  test("the balancer learns which VIPs are held, and that none is when the agent is lost", () => {
    const bench = GuardBench.running();
    hold(bench, "10.98.0.100", "2001:db8::100");
    expect(bench.take()).toEqual(["vips 10.98.0.100 2001:db8::100"]);
    bench.end("agent");
    expect(bench.take()).toContain("vips ");
  });

  test("a balancer that was restarted learns it when it is ready", () => {
    const bench = GuardBench.running();
    hold(bench, "10.98.0.100");
    bench.end("balancer");
    bench.take();
    hold(bench, "10.98.0.101");
    expect(bench.take()).not.toContain("vips 10.98.0.101");
    bench.balancerReady();
    expect(bench.take()).toContain("vips 10.98.0.101");
  });

  test("a balancer that is ready learns that nothing is held", () => {
    const bench = GuardBench.running();
    bench.end("balancer");
    bench.take();
    bench.balancerReady();
    expect(bench.take()).toContain("vips ");
  });

  test("the agent gets what the balancer asks for while VIPs are held, and no other", () => {
    const bench = GuardBench.running();
    tickle(bench);
    expect(bench.take()).toEqual([]);
    hold(bench, "10.98.0.100");
    bench.take();
    tickle(bench);
    expect(bench.take()).toEqual([`tickle ${KEY}`]);
    bench.end("agent");
    bench.agentReady();
    bench.take();
    tickle(bench);
    expect(bench.take()).toEqual([]);
  });

  test("no more than the rate is passed on", () => {
    const bench = GuardBench.running();
    hold(bench, "10.98.0.100");
    bench.take();
    let count = 0;
    for (let ms = 0; ms < 1_000; ms += 1) {
      tickle(bench, TICKLES_PER_MESSAGE_MAX);
      bench.pass(1);
      count += bench.take().filter((line) => line.startsWith("tickle")).length;
    }
    expect(count * TICKLES_PER_MESSAGE_MAX).toBeGreaterThan(TICKLE_RATE_MAX * 0.9);
    expect(count * TICKLES_PER_MESSAGE_MAX).toBeLessThanOrEqual(
      TICKLE_RATE_MAX + 2 * TICKLES_PER_MESSAGE_MAX,
    );
  });
});
