// The native part on this machine: what needs no privileges, and clean errors for the rest.
import { execFileSync } from "node:child_process";
import { closeSync, readFileSync, readSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadNative } from "../../../ha/io/native.ts";
import { REPOSITORY_DIR } from "../../support/repository.ts";
import { waitFor } from "../../support/wait-for.ts";

const ADDON = path.join(REPOSITORY_DIR, "build", "Release", "tandem_agent.node");

const native = loadNative();
const note = native === undefined ? " (skipped: run scripts/build-native)" : "";

/** How many bytes a descriptor that does not block has now. */
function bytesIn(fd: number): number {
  try {
    return readSync(fd, Buffer.alloc(10));
  } catch {
    return 0;
  }
}

describe.skipIf(native === undefined)(`the native part${note}`, () => {
  const built = native!;

  test("the boot clock agrees with the kernel's", () => {
    const [seconds] = readFileSync("/proc/uptime", "utf8").split(" ");
    expect(Math.abs(built.bootTimeMs() - Number(seconds) * 1000)).toBeLessThan(1000);
  });

  test("interfaces have numbers", () => {
    expect(built.interfaceIndex("lo")).toBe(1);
    expect(built.interfaceIndex("tdnone0")).toBe(0);
  });

  test("errors carry the kernel's code and the call", () => {
    const fd = 1_000_000;
    const call = (): void => built.sendFrame(fd, 1, new Uint8Array(60));
    expect(call).toThrow(expect.objectContaining({ code: "EBADF", syscall: "sendto" }));
  });

  test("arguments of the wrong type are refused", () => {
    const { sendFrame: send, interfaceIndex: index } = built as unknown as Record<
      "sendFrame" | "interfaceIndex",
      (...values: unknown[]) => unknown
    >;
    for (const call of [
      () => send(),
      () => send(1, 1),
      () => send("1", 1, new Uint8Array(60)),
      () => send(1, 1, "frame"),
      () => send(1, 1, new Uint16Array(60)),
      () => index(7),
      () => index(""),
      () => index("a-name-of-sixteen"),
    ]) {
      expect(call).toThrow(TypeError);
    }
  });

  test("signals by number are bytes of a descriptor, each number once", async () => {
    const signal = 50;
    const fd = built.openSignal(signal);
    for (let i = 0; i < 3; i++) process.kill(process.pid, signal);
    let count = 0;
    await waitFor(() => (count += bytesIn(fd)) === 3, { what: () => `3 bytes, found ${count}` });
    const refusal = (number: number) => (): unknown => built.openSignal(number);
    expect(refusal(signal)).toThrow(expect.objectContaining({ code: "EBUSY" }));
    for (const number of [-1, 0, 9, 65]) {
      expect(refusal(number)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
    closeSync(fd);
    // Nobody reads it, and it ends nobody.
    process.kill(process.pid, signal);
  });

  test.skipIf(process.getuid?.() !== 0)("frames go out on the loopback interface", () => {
    const fd = built.openPacketSocket();
    // EtherType 88b5: for local experiments (IEEE 802).
    const frame = new Uint8Array(60);
    frame.set([0x88, 0xb5], 12);
    built.sendFrame(fd, 1, frame);
    expect(() => built.sendFrame(fd, 1, new Uint8Array(5))).toThrow(
      expect.objectContaining({ code: "EMSGSIZE" }),
    );
    closeSync(fd);
  });

  test.skipIf(process.getuid?.() !== 0)("V8 can shrink its heap while memory is locked", () => {
    // With mlockall(2) instead, the process aborts here or at its end.
    const program = `const native = require(${JSON.stringify(ADDON)});
      const lockedBytes = native.lockMemory();
      let garbage = Array.from({ length: 1_000_000 }, (_, i) => ({ i }));
      garbage = undefined;
      gc();
      const status = require("fs").readFileSync("/proc/self/status", "utf8");
      console.log(lockedBytes > 1e6, /VmLck:\\s+[1-9]/.test(status));`;
    const output = execFileSync(process.execPath, ["--expose-gc", "-e", program]);
    expect(output.toString()).toBe("true true\n");
  });
});
