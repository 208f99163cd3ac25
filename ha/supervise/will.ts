// Comparing wills: the same will is not executed twice for one run.
import type { LastWill } from "./messages.ts";

/** Whether it undoes nothing. */
export function isEmptyWill(will: LastWill): boolean {
  return will.commands.length === 0 && will.packets.length === 0;
}

/** Whether two wills ask for the same. */
export function isSameWill(one: LastWill, other: LastWill): boolean {
  if (one === other) return true;
  return (
    isSameList(one.commands, other.commands, isSameCommand) &&
    isSameList(one.packets, other.packets, isSamePacket)
  );
}

function isSameCommand(one: LastWill["commands"][0], other: LastWill["commands"][0]): boolean {
  return (
    one.program === other.program &&
    isSameList(one.words, other.words, (word, same) => word === same)
  );
}

function isSamePacket(one: LastWill["packets"][0], other: LastWill["packets"][0]): boolean {
  return (
    one.family === other.family &&
    one.interface === other.interface &&
    isSameList([...one.destination], [...other.destination], (byte, same) => byte === same) &&
    isSameList([...one.bytes], [...other.bytes], (byte, same) => byte === same)
  );
}

function isSameList<T>(
  one: readonly T[],
  other: readonly T[],
  isSame: (one: T, other: T) => boolean,
): boolean {
  return one.length === other.length && one.every((item, index) => isSame(item, other[index]!));
}
