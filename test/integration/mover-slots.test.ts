// A number that named a relay of the native mover names nothing once the relay's end has been told.
import { expect, onTestFinished, test } from "vitest";
import type { MoverAddon, MoverHandle } from "../../src/io/mover/native/addon.ts";
import { loadMoverAddon, RECORD, RECORD_WORDS } from "../../src/io/mover/native/addon.ts";
import { waitFor } from "../support/wait-for.ts";
import { moverArrays } from "./mover-arrays.ts";

const { addon } = loadMoverAddon();

/** A mover of its own, and the slots whose ends it has told. */
function openMover(native: MoverAddon): {
  handle: MoverHandle;
  scratch: Float64Array;
  ended: number[];
} {
  const ended: number[] = [];
  const { records, totals, bytes, scratch } = moverArrays();
  const onRecords = (count: number): void => {
    for (let at = 0; at < count * RECORD_WORDS; at += RECORD_WORDS) {
      if (records[at] === RECORD.ended) ended.push(records[at + 1]!);
    }
  };
  const handle = native.openMover(onRecords, records, totals, bytes, scratch);
  onTestFinished(() => native.closeMover(handle));
  return { handle, scratch, ended };
}

/** A pair of connected descriptors, of which the first is to be given away. */
function openPair(native: MoverAddon): number {
  const ends = new Int32Array(2);
  expect(native.openChannel(ends)).toBe(0);
  onTestFinished(() => native.closeDescriptor(ends[1]!, false));
  return ends[0]!;
}

/** Starts a relay between two such, which may be silent for ever; its slot. */
function startRelay(native: MoverAddon, handle: MoverHandle, clientBytes: number): number {
  const [client, server] = [openPair(native), openPair(native)];
  const rest = [undefined, undefined, false, false] as const;
  return native.startRelay(handle, client, server, SPEC, clientBytes, 9, ...rest);
}

const SPEC = new Float64Array(14).fill(-1, 0, 5);

test.skipIf(addon === undefined)(
  "a slot names a relay until its end, and then another",
  async () => {
    const native = addon!;
    const { handle, scratch, ended } = openMover(native);
    const slot = startRelay(native, handle, 7);
    expect(startRelay(native, handle, 8)).not.toBe(slot);
    native.countRelay(handle, slot);
    expect([...scratch.subarray(0, 2)]).toEqual([7, 9]);

    native.closeRelay(handle, slot, true);
    expect(await waitFor(() => ended.length > 0)).toBe(true);
    expect(ended).toEqual([slot]);
    scratch.fill(-1);
    native.countRelay(handle, slot);
    expect(scratch[0]).toBe(-1);
    native.closeRelay(handle, slot, true);
    native.retimeRelay(handle, slot, SPEC);
    native.leaveRelay(handle, slot, undefined);
    native.freezeRelay(handle, slot);
    expect(() => native.takeFrozen(handle, slot, new Float64Array(16))).toThrow(TypeError);

    expect(startRelay(native, handle, 11)).toBe(slot);
    native.countRelay(handle, slot);
    expect(scratch[0]).toBe(11);
  },
);

test.skipIf(addon === undefined)("other numbers name no relay", () => {
  const native = addon!;
  const { handle, scratch } = openMover(native);
  startRelay(native, handle, 7);
  scratch.fill(-1);
  for (const none of [-1, 255, 256, 1_000_000, 2 ** 31 - 1, -(2 ** 31)]) {
    native.closeRelay(handle, none, true);
    native.countRelay(handle, none);
  }
  expect(scratch[0]).toBe(-1);
});

test.skipIf(addon === undefined)("there are as many slots as relays", () => {
  const native = addon!;
  const { handle, scratch } = openMover(native);
  const slots = Array.from({ length: 300 }, (_, index) => startRelay(native, handle, index));
  expect(new Set(slots).size).toBe(300);
  const counts = slots.map((slot) => {
    native.countRelay(handle, slot);
    return scratch[0];
  });
  expect(counts).toEqual(slots.map((_, index) => index));
});
