// A node's events at its webhook and its script: each once, over a killed agent and a killed balancer,
// up to the end of the node.
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { waitFor } from "../support/wait-for.ts";
import { makeOutlet } from "./event-outlet.ts";
import { startSolo } from "./solo-node.ts";

describe.skipIf(noNamespaces !== undefined)(`event outlets ${noNamespaces ?? ""}`, () => {
  test("webhook and script get what the log has, each event once", async () => {
    const outlet = await makeOutlet();
    const { node, host } = await startSolo({ global: outlet.directives });
    // Refused until now: nothing is lost by that.
    await outlet.open(host);
    const both = (kind: string, count: number): Promise<unknown> =>
      waitFor(
        () =>
          [outlet.posted, outlet.scripted()].every(
            (events) => events.filter((event) => event.kind === kind).length >= count,
          ),
        { timeoutMs: 60_000, what: () => `${count} of ${kind}: ${JSON.stringify(outlet.posted)}` },
      );
    await both("vip.set", 1);
    process.kill(await node.childPid("agent"), "SIGKILL");
    await both("vip.taken-back", 1);
    await both("vip.set", 2);
    process.kill(await node.childPid("balancer"), "SIGKILL");
    await both("balancer.ready", 2);
    await node.process.stop();
    const logged = [...node.process.output().matchAll(/^\{.*"event":".*\}$/gm)].map(
      ([line]) => JSON.parse(line) as { event: string; seq: number; subject: string },
    );
    const nameOf = (kind: string, seq: number, subject: string): string =>
      `${kind} ${seq} ${subject}`;
    const expected = logged.map(({ event, seq, subject }) => nameOf(event, seq, subject)).sort();
    for (const [name, events] of [
      ["webhook", outlet.posted],
      ["script", outlet.scripted()],
    ] as const) {
      const told = events.map(({ kind, seq, subject }) => nameOf(kind, seq, subject)).sort();
      const isOwn = (one: string): boolean =>
        one.startsWith("delivery.") && one.endsWith(` ${name}`);
      expect(told, name).toEqual(expected.filter((one) => !isOwn(one)));
    }
    expect(expected.some((name) => name.startsWith("process.ended"))).toBe(true);
  }, 120_000);
});
