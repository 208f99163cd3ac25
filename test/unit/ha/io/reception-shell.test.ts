import { afterEach, describe, expect, test, vi } from "vitest";
import type { AgentEvent } from "../../../../ha/agent/agent-events.ts";
import { ReceptionShell } from "../../../../ha/io/reception-shell.ts";
import { instanceConfiguration } from "../../../support/agent-configuration.ts";

const LINK = { name: "eth0", index: 2, mac: new Uint8Array(6), isRunning: true };
const V = instanceConfiguration({ name: "V", interface: "eth0" });

afterEach(() => {
  vi.useRealTimers();
});

describe("sockets that hear adverts", () => {
  test("that cannot be opened make a fault, and are tried again until they can", () => {
    vi.useFakeTimers();
    const events: AgentEvent[] = [];
    const sockets = {
      canOpen: false,
      open: () => sockets.canOpen,
      closeInterface: () => undefined,
    };
    const shell = new ReceptionShell(sockets, [V], (event) => events.push(event));
    shell.linkIs(LINK);
    expect(events).toEqual([
      { kind: "reception", instance: "V", problem: "adverts cannot be received on eth0" },
    ]);
    vi.advanceTimersByTime(3_000);
    expect(events).toHaveLength(1);
    sockets.canOpen = true;
    vi.advanceTimersByTime(1_000);
    expect(events.slice(1)).toEqual([{ kind: "reception", instance: "V", problem: undefined }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that broke are opened again", () => {
    vi.useFakeTimers();
    let openCount = 0;
    const sockets = { open: () => (openCount += 1) > 0, closeInterface: () => undefined };
    const shell = new ReceptionShell(sockets, [V], () => undefined);
    shell.linkIs(LINK);
    shell.broke();
    shell.broke();
    vi.advanceTimersByTime(5_000);
    expect(openCount).toBe(2);
    shell.broke();
    shell.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
