import { afterEach, describe, expect, test, vi } from "vitest";
import { StopSequence, type StoppingParts } from "../../../src/io/stop-sequence.ts";
import { ORPHAN_MS_MAX } from "../../../src/limits.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** With one session that does not end by itself. */
function stopping(hardStopAfterMs?: number): {
  readonly sequence: StopSequence;
  readonly kill: ReturnType<typeof vi.fn>;
} {
  vi.useFakeTimers();
  const kill = vi.fn(() => 1);
  const parts = {
    world: { global: { hardStopAfterMs }, listeners: new Map() },
    shell: { sessionCount: 1, sessions: [], kill },
    mover: {},
    pages: { closeListeners: () => undefined },
    journal: { tell: () => undefined },
  };
  return { sequence: new StopSequence(parts as unknown as StoppingParts), kill };
}

describe("a balancer that stops softly", () => {
  test("waits for its sessions as long as they like", async () => {
    const { sequence, kill } = stopping();
    sequence.softly("SIGUSR1");
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(kill).not.toHaveBeenCalled();
  });

  test("whose guard has ended closes them after half a minute", async () => {
    const { sequence, kill } = stopping();
    sequence.softly("the guard has ended", ORPHAN_MS_MAX);
    await vi.advanceTimersByTimeAsync(ORPHAN_MS_MAX - 1);
    expect(kill).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(kill).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await sequence.done).toBe(0);
  });

  test("closes them after `hard-stop-after`, when that is less", async () => {
    const { sequence, kill } = stopping(2_000);
    sequence.softly("the guard has ended", ORPHAN_MS_MAX);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(kill).toHaveBeenCalledOnce();
  });
});
