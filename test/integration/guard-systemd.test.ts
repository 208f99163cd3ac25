// What systemd hears of a guard.
import { createRequire } from "node:module";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { compilePrograms, startNode } from "./guard-harness.ts";

interface DatagramModule {
  createSocket(
    type: "unix_dgram",
    onMessage: (bytes: Buffer) => void,
  ): { bind(path: string): void; close(): void };
}

function loadModule(): DatagramModule | undefined {
  try {
    return createRequire(import.meta.url)("unix-dgram") as DatagramModule;
  } catch {
    return undefined;
  }
}

const module = loadModule();

beforeAll(compilePrograms);

describe("guard under systemd", () => {
  test.skipIf(module === undefined)("ready, alive, reloading, stopping", async () => {
    const socketPath = path.join(tempDir(), "notify");
    const heard: string[] = [];
    const socket = module!.createSocket("unix_dgram", (bytes) => {
      heard.push(bytes.toString().replace(/\nMONOTONIC_USEC=\d+$/, "+"));
    });
    socket.bind(socketPath);
    endLater(() => socket.close());
    const node = await startNode({
      env: { NOTIFY_SOCKET: socketPath, WATCHDOG_USEC: "100000" },
    });
    const count = (state: string): number => heard.filter((each) => each === state).length;
    await waitFor(() => count("READY=1") === 1 && count("WATCHDOG=1") >= 3);
    node.process.kill("SIGHUP");
    await waitFor(() => count("RELOADING=1+") === 1 && count("READY=1") === 2);
    node.process.kill("SIGTERM");
    await node.process.exited;
    await waitFor(() => count("STOPPING=1") === 1);
    expect(heard[0]).toMatch(/^(?:WATCHDOG|READY)=1$/);
  });
});
