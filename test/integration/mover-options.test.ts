// What the native mover asks of a socket, as its kernel tells it.
import { expect, onTestFinished, test } from "vitest";
import { addressOf } from "../../src/io/mover/native/addresses.ts";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";

const { addon } = loadMoverAddon();

/** Options of TCP (linux/tcp.h). */
const TCP = { keepIdle: 4, keepInterval: 5, keepCount: 6, userTimeout: 18 } as const;

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

/** A descriptor that listens on a free port of the loopback. */
function openListener(): number {
  const fd = addon!.openListener(false, LOOPBACK, 0, 1, false, false, undefined);
  expect(fd).toBeGreaterThan(0);
  onTestFinished(() => addon!.closeDescriptor(fd, false));
  return fd;
}

function optionsOf(fd: number): number[] {
  return Object.values(TCP).map((name) => {
    const value = new Int32Array(1);
    expect(addon!.getTcpOption(fd, name, new Uint8Array(value.buffer))).toBe(4);
    return value[0]!;
  });
}

test.skipIf(addon === undefined)("rounds times of keepalive to the kernel's seconds", () => {
  const fd = openListener();
  addon!.setOptions(fd, true, 1499, 1500, 3, 2500);
  expect(optionsOf(fd)).toEqual([1, 2, 3, 2500]);
  addon!.setOptions(fd, true, 1, 2 ** 31 - 1, 0, 0);
  expect(optionsOf(fd)[0]).toBe(1);
});

test.skipIf(addon === undefined)(
  "leaves the system's settings for 0, and without keepalive",
  () => {
    const fd = openListener();
    const before = optionsOf(fd);
    addon!.setOptions(fd, true, 0, 0, 0, 0);
    addon!.setOptions(fd, false, 5000, 5000, 5, 0);
    expect(optionsOf(fd)).toEqual(before);
  },
);

test.skipIf(addon === undefined)("tells the addresses that there are", () => {
  const fd = openListener();
  const own = addressOf(addon!, fd, false);
  expect(own).toMatchObject({ kind: "ip", family: 4, host: "127.0.0.1" });
  expect(own.kind === "ip" && own.port > 0).toBe(true);
  expect(addressOf(addon!, fd, true).kind).toBe("unix");
  const words = new Int32Array(6);
  expect(addon!.socketAddress(fd, true, words)).toBeLessThan(0);
  expect(addon!.socketAddress(fd, false, new Int32Array(5))).toBeLessThan(0);
});
