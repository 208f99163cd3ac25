// What the native mover does with arguments that its declaration (src/io/mover/native/addon.ts) does
// not allow: each is refused before anything has been done. scripts/sanitize looks for leaks here.
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MoverAddon, MoverHandle } from "../../src/io/mover/native/addon.ts";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { moverArrays } from "./mover-arrays.ts";

const { addon } = loadMoverAddon();

/** The arguments of each call. A kind is a key of KINDS; those with a question mark may be undefined. */
const CALLS: Readonly<Record<keyof MoverAddon, readonly Kind[]>> = {
  openMover: ["function", "records", "totals", "bytes", "scratch"],
  closeMover: ["mover"],
  holdMover: ["mover", "truth"],
  setThreads: ["mover", "number"],
  openListener: ["truth", "address?", "number", "number", "truth", "truth", "text?"],
  adoptListener: ["number", "number"],
  watchListener: ["mover", "number"],
  setAccepting: ["mover", "number", "number", "truth"],
  openConnection: ["mover", "truth", "address?", "number", "address?", "number", "text?", "truth"],
  watch: ["mover", "number"],
  watchWrites: ["mover", "number", "number"],
  unwatch: ["mover", "number"],
  receive: ["mover", "number", "number"],
  send: ["number", "bytes?"],
  closeDescriptor: ["number", "truth"],
  setOptions: ["number", "truth", "number", "number", "number", "number"],
  socketAddress: ["number", "truth", "ints?"],
  startRelay: [
    ...(["mover", "number", "number", "numbers", "number", "number"] as const),
    ...(["bytes?", "bytes?", "truth"] as const),
  ],
  retimeRelay: ["mover", "number", "numbers"],
  leaveRelay: ["mover", "number", "bytes?"],
  closeRelay: ["mover", "number", "truth"],
  countRelay: ["mover", "number"],
  freezeRelay: ["mover", "number"],
  takeFrozen: ["mover", "number", "numbers"],
  openChannel: ["ints?"],
  duplicateDescriptor: ["number"],
  sendDescriptors: ["number", "bytes?", "ints?"],
  receiveDescriptors: ["number", "bytes?", "ints?"],
  getTcpOption: ["number", "number", "bytes?"],
  setTcpOption: ["number", "number", "bytes?"],
  peekBytes: ["number", "bytes?"],
  openRepaired: ["address?", "number", "address?", "number", "number", "number"],
  reserveQueues: ["number", "number", "number"],
  endRepair: ["number"],
};

interface Samples {
  /** Gives a value that is taken. */
  readonly right: () => unknown;
  readonly wrong: readonly unknown[];
}

const OTHERS: readonly unknown[] = [
  ...[null, {}, [], () => 0, Symbol("other")],
  new DataView(new ArrayBuffer(8)),
];

const KINDS = {
  mover: { right: () => mover, wrong: [...OTHERS, undefined, 1, new Uint8Array(8)] },
  number: { right: () => -1, wrong: [...OTHERS, undefined, "1", 1n, true] },
  truth: { right: () => false, wrong: [...OTHERS, undefined, 0, "false"] },
  "bytes?": { right: () => new Uint8Array(4), wrong: [...OTHERS, "1883", new Int8Array(4)] },
  "address?": { right: () => new Uint8Array(4), wrong: [...OTHERS, "::1", new Uint8Array(5)] },
  "ints?": { right: () => new Int32Array(16), wrong: [...OTHERS, 1, new Uint8Array(64)] },
  "text?": { right: () => "lo", wrong: [...OTHERS, 1, "x".repeat(16)] },
  numbers: {
    right: () => new Float64Array(16),
    wrong: [...OTHERS, undefined, new Float64Array(2)],
  },
  function: { right: () => () => undefined, wrong: [null, undefined, {}, 1] },
  bytes: { right: () => moverArrays().bytes, wrong: [...OTHERS, undefined, new Uint8Array(0)] },
  records: array("records"),
  totals: array("totals"),
  scratch: array("scratch"),
} satisfies Record<string, Samples>;

type Kind = keyof typeof KINDS;

function array(name: "records" | "totals" | "scratch"): Samples {
  const { length } = moverArrays()[name];
  return {
    right: () => moverArrays()[name],
    wrong: [...[...OTHERS, undefined, new Uint8Array(length)], moverArrays()[name].subarray(1)],
  };
}

let mover: MoverHandle | undefined;

/** A mover that tells nothing. */
function open(): MoverHandle {
  return call("openMover", rightArguments("openMover")) as MoverHandle;
}

function rightArguments(name: keyof MoverAddon): unknown[] {
  return CALLS[name].map((kind) => KINDS[kind].right());
}

function call(name: keyof MoverAddon, args: readonly unknown[]): unknown {
  return (addon![name] as (...args: readonly unknown[]) => unknown)(...args);
}

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

describe.skipIf(addon === undefined)("native mover", () => {
  beforeAll(() => {
    mover = open();
  });
  afterAll(() => {
    addon!.closeMover(mover!);
  });

  test("has no call that is not looked at here", () => {
    expect(Object.keys(addon!).toSorted()).toEqual(Object.keys(CALLS).toSorted());
  });

  test.each(Object.keys(CALLS) as (keyof MoverAddon)[])("refuses wrong arguments of %s", (name) => {
    const before = openDescriptors();
    for (const [index, kind] of CALLS[name].entries()) {
      expect(() => call(name, rightArguments(name).slice(0, index)), "too few").toThrow(TypeError);
      for (const wrong of KINDS[kind].wrong) {
        const args = rightArguments(name).with(index, wrong);
        expect(() => call(name, args), `argument ${index}: ${typeof wrong}`).toThrow(TypeError);
      }
    }
    expect(openDescriptors()).toBe(before);
  });

  test("says what was wrong first", () => {
    expect(() => call("adoptListener", ["1", "2"])).toThrow("a number was expected");
    expect(() => call("closeDescriptor", [-1])).toThrow("too few arguments");
    expect(() => call("closeDescriptor", [-1, 1])).toThrow("true or false was expected");
    expect(() => call("retimeRelay", [1])).toThrow("an open mover was expected");
  });

  test("takes no notice of arguments too many", () => {
    const more: unknown[] = Array.from({ length: 40 }, () => ({}));
    expect(call("unwatch", [...rightArguments("unwatch"), ...more])).toBeUndefined();
  });

  test("refuses whatever names a mover that is closed", () => {
    const closed = open();
    addon!.closeMover(closed);
    for (const name of Object.keys(CALLS) as (keyof MoverAddon)[]) {
      if (CALLS[name][0] !== "mover") continue;
      const args = rightArguments(name).with(0, closed);
      expect(() => call(name, args), name).toThrow("an open mover was expected");
    }
  });
});
