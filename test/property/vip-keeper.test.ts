// Whatever happens to the VIPs, in the end the kernel has exactly those that are claimed.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { InstanceConfiguration } from "../../ha/config/model/instance.ts";
import { instance, MAC, VipHarness } from "../support/vip-harness.ts";

const ADDRESSES = ["10.0.0.100/24", "10.0.0.101/24", "fd00::100/64", "10.0.0.102/24"];

/** Instances by which of the addresses they have. */
function instances(sets: readonly (readonly number[])[]): readonly InstanceConfiguration[] {
  return sets.map((set, i) =>
    instance(
      `I${i}`,
      [...new Set(set)].map((at) => ADDRESSES[at]!),
    ),
  );
}

const sets = fc.array(fc.array(fc.nat(ADDRESSES.length - 1), { maxLength: 3 }), {
  minLength: 2,
  maxLength: 3,
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("claim" as const), at: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("release" as const), at: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("deliver" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("lose" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("add" as const), at: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("remove" as const), at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const), at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("mend" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reload" as const), sets }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("link" as const), isUp: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("run" as const), ms: fc.nat(8_000) }) },
);

describe("the keeper of VIPs", () => {
  test("ends with exactly the claimed VIPs, and its will covers all of them at any time", () => {
    fc.assert(
      fc.property(sets, fc.array(step, { maxLength: 80, size: "max" }), (first, steps) => {
        let configured = instances(first);
        const harness = new VipHarness(configured);
        const claimed = new Set<string>();
        harness.feed({ kind: "start", removesLeftovers: true });
        for (const next of steps) {
          switch (next.kind) {
            case "claim":
            case "release": {
              const { name } = configured[next.at % configured.length]!;
              harness.feed({ kind: next.kind, instance: name });
              if (next.kind === "claim") claimed.add(name);
              else claimed.delete(name);
              break;
            }
            case "deliver":
              harness.deliver();
              break;
            case "lose":
              harness.notices.pop();
              break;
            case "add":
              harness.addByOther(ADDRESSES[next.at]!);
              break;
            case "remove":
              harness.removeByOther(ADDRESSES[next.at]!);
              break;
            case "fail":
              harness.failing.add(`add ${ADDRESSES[next.at]!}`);
              break;
            case "mend":
              harness.failing.clear();
              break;
            case "reload":
              configured = instances(next.sets);
              harness.keeper.reconfigure(configured, harness.nowMs);
              harness.drain();
              for (const name of claimed) {
                if (!configured.some((kept) => kept.name === name)) claimed.delete(name);
              }
              break;
            case "link":
              harness.feed({
                kind: "link",
                link: { name: "eth0", index: 2, mac: MAC, isRunning: next.isUp },
              });
              break;
            case "run":
              harness.run(next.ms);
          }
          expectWillCoversClaims(harness, configured, claimed);
        }
        harness.failing.clear();
        // A stranger's last act may be seen by the next audit only, a fight is answered late.
        harness.run(30_000);
        const wanted = wantedBy(configured, claimed);
        const ours = new Set(wantedBy(configured, new Set(configured.map(({ name }) => name))));
        // What no instance has any more and a stranger added is the stranger's own affair. Without
        // a claim nothing is looked at: what a lost notice hid stays hidden until then.
        const isWatched = wanted.length > 0;
        const seen = harness.addresses().filter((text) => ours.has(text));
        if (isWatched) expect(seen).toEqual(wanted);
        for (const name of claimed) expect(harness.keeper.isHeld(name)).toBe(true);
        for (const name of claimed) harness.feed({ kind: "release", instance: name });
        harness.run(30_000);
        expect(harness.keeper.held()).toEqual([]);
        expect(harness.keeper.will()).toEqual([]);
        if (isWatched) expect(harness.addresses().filter((text) => ours.has(text))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

function wantedBy(
  configured: readonly InstanceConfiguration[],
  claimed: ReadonlySet<string>,
): readonly string[] {
  const texts = configured
    .filter(({ name }) => claimed.has(name))
    .flatMap(({ vips }) =>
      vips.map(
        ({ address }) =>
          ADDRESSES[address.length === 16 ? 2 : [100, 101, -1, 102].indexOf(address[3]!)]!,
      ),
    );
  return [...new Set(texts)].sort();
}

function expectWillCoversClaims(
  harness: VipHarness,
  configured: readonly InstanceConfiguration[],
  claimed: ReadonlySet<string>,
): void {
  const will = harness.keeper.will().map(({ words }) => words.join(" "));
  for (const text of wantedBy(configured, claimed)) {
    expect(will).toContain(`address del ${text} dev eth0`);
  }
}
