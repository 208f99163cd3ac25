// Invariant: the index finds what a plain map of the same keys holds, whatever their lengths are,
// and gives each key back byte for byte.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyIndex } from "../../src/stick/key-index.ts";

type Step =
  | { readonly kind: "add"; readonly key: string }
  | { readonly kind: "remove"; readonly nth: number }
  | { readonly kind: "find"; readonly key: string };

// Lengths at and around the sizes of places, few distinct bytes: keys that differ in one place.
const key = fc
  .tuple(fc.constantFrom(0, 1, 4, 7, 8, 9, 16, 20, 127, 128, 129, 160, 161, 300), fc.nat(40))
  .map(([length, number]) =>
    String.fromCharCode(number + 200)
      .padEnd(length, "x")
      .slice(0, length),
  )
  .chain((text) =>
    fc.nat(2).map((last) => (text === "" ? "" : text.slice(0, -1) + String.fromCharCode(last))),
  );

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), key }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), nth: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("find" as const), key }) },
);

/** The index and its slow, obvious twin. */
class Pair {
  readonly index = new KeyIndex();
  readonly twin = new Map<string, number>();
  readonly free: number[] = [];
  #slotCount = 0;

  run(step: Step): void {
    if (step.kind === "find") this.find(step.key);
    else if (step.kind === "add") this.add(step.key);
    else {
      const entries = [...this.twin];
      const entry = entries[step.nth % Math.max(1, entries.length)];
      if (entry !== undefined) this.remove(...entry);
    }
    expect(this.index.size).toBe(this.twin.size);
  }

  find(text: string): number {
    const bytes = Buffer.from(`##${text}#`, "latin1");
    const slot = this.index.find(bytes, 2, 2 + text.length);
    expect(slot).toBe(this.twin.get(text) ?? -1);
    return slot;
  }

  add(text: string): void {
    if (this.find(text) >= 0) return;
    const slot = this.free.pop() ?? this.#slotCount++;
    this.index.add(slot, Buffer.from(`#${text}`, "latin1"), 1, 1 + text.length);
    this.twin.set(text, slot);
  }

  remove(text: string, slot: number): void {
    this.index.remove(slot);
    this.twin.delete(text);
    this.free.push(slot);
    expect(this.index.has(slot)).toBe(false);
    this.find(text);
  }

  check(): void {
    for (const [text, slot] of this.twin) {
      this.find(text);
      expect(this.index.has(slot)).toBe(true);
      expect(this.index.keyText(slot)).toBe(text);
      expect(this.index.keyLength(slot)).toBe(text.length);
      const copy = Buffer.alloc(text.length + 2, "#");
      this.index.copyKey(slot, copy, 1);
      expect(copy.toString("latin1")).toBe(`#${text}#`);
    }
  }
}

describe("KeyIndex", () => {
  test("holds what a map holds", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: "max" }), (steps) => {
        const pair = new Pair();
        for (const one of steps) pair.run(one);
        pair.check();
        pair.index.clear();
        expect(pair.index.size).toBe(0);
        expect(pair.index.find(Buffer.from("x"), 0, 1)).toBe(-1);
      }),
      { numRuns: 60 },
    );
  });

  test("grows through many splits, shrinks to nothing, and takes keys as long as a block", () => {
    const pair = new Pair();
    for (let number = 0; number < 20_000; number += 1) pair.add(`device-${number}`);
    pair.add("l".repeat(70_000));
    pair.add("l".repeat(70_001));
    pair.check();
    for (const [text, slot] of [...pair.twin]) pair.remove(text, slot);
    for (let number = 0; number < 1_000; number += 1) pair.add(`later-${number}`);
    pair.check();
  });
});
