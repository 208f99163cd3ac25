import { describe, expect, test } from "vitest";
import { Admission } from "../../../src/session/admission.ts";
import type { ListenerState } from "../../../src/session/frontend-state.ts";
import { Bench } from "./bench.ts";

function setUp(
  settings: { readonly global?: string; readonly frontend?: string; readonly bind?: string } = {},
): { made: Bench; admission: Admission } {
  const made = new Bench(
    `global
       ${settings.global ?? ""}
     listen a
       mode tcp
       ${settings.frontend ?? ""}
       bind :1 ${settings.bind ?? ""}
       bind :2
     listen b
       mode tcp
       bind :3`,
    { maxconn: 5 },
  );
  return { made, admission: new Admission(made.world) };
}

function listener(made: Bench, port: number): ListenerState {
  return made.world.listeners.get(`0.0.0.0:${port}`)!;
}

/** Takes connections in as the shell does: they are counted first. */
function accept(made: Bench, admission: Admission, port: number, count = 1): void {
  for (let i = 0; i < count; i++) {
    const state = listener(made, port);
    made.world.connectionCount++;
    state.connectionCount++;
    state.frontend.counters.sessions.enter();
    admission.onAccepted(state, made.nowMs);
  }
}

function leave(made: Bench, admission: Admission, port: number): void {
  const state = listener(made, port);
  made.world.connectionCount--;
  state.connectionCount--;
  state.frontend.counters.sessions.leave();
  admission.onRelaxed(made.nowMs);
}

/** What the mover is asked, by port. */
function take(made: Bench, admission: Admission): string[] {
  const ports = new Map([1, 2, 3].map((port) => [listener(made, port).listener, port]));
  const lines: string[] = [];
  for (let effect = admission.poll(); effect; effect = admission.poll()) {
    lines.push(`${effect.kind} ${ports.get(effect.listener) ?? "unknown"}`);
  }
  return lines;
}

describe("Admission", () => {
  test("stops all listeners at the process's maxconn, and resumes below it", () => {
    const { made, admission } = setUp();
    accept(made, admission, 1, 2);
    accept(made, admission, 3, 2);
    expect(take(made, admission)).toEqual([]);
    accept(made, admission, 2);
    expect(take(made, admission)).toEqual(["pause 1", "pause 2", "pause 3"]);
    leave(made, admission, 3);
    expect(take(made, admission)).toEqual(["resume 1", "resume 2", "resume 3"]);
  });

  test("stops the listeners of a frontend at its maxconn", () => {
    const { made, admission } = setUp({ frontend: "maxconn 2" });
    accept(made, admission, 1);
    expect(take(made, admission)).toEqual([]);
    accept(made, admission, 2);
    expect(take(made, admission)).toEqual(["pause 1", "pause 2"]);
    const areLimited = (): boolean[] =>
      [1, 2, 3].map((port) => listener(made, port).counters.isLimited);
    expect(areLimited()).toEqual([true, true, false]);
    leave(made, admission, 1);
    expect(take(made, admission)).toEqual(["resume 1", "resume 2"]);
    expect(areLimited()).toEqual([false, false, false]);
    admission.onPaused(listener(made, 3).frontend);
    expect(areLimited()).toEqual([false, false, false]);
  });

  test("stops one listener at its own maxconn", () => {
    const { made, admission } = setUp({ bind: "maxconn 1" });
    accept(made, admission, 1);
    accept(made, admission, 2);
    expect(take(made, admission)).toEqual(["pause 1"]);
    leave(made, admission, 2);
    expect(take(made, admission)).toEqual([]);
    leave(made, admission, 1);
    expect(take(made, admission)).toEqual(["resume 1"]);
  });

  test.each([
    ["a frontend's rate", { frontend: "rate-limit sessions 2" }, ["pause 1", "pause 2"]],
    ["the process's rate", { global: "maxconnrate 2" }, ["pause 1", "pause 2", "pause 3"]],
  ])("waits until %s has fallen", (_, settings, paused) => {
    const { made, admission } = setUp(settings);
    accept(made, admission, 1, 2);
    expect(take(made, admission)).toEqual(paused);
    leave(made, admission, 1);
    expect(take(made, admission)).toEqual([]);
    let waitedMs = 0;
    for (let atMs = admission.nextTimeout(); atMs !== undefined; atMs = admission.nextTimeout()) {
      waitedMs = atMs - made.nowMs;
      admission.onTimeout(atMs);
    }
    expect(waitedMs).toBeGreaterThan(500);
    expect(waitedMs).toBeLessThan(2_010);
    expect(take(made, admission)).toEqual(paused.map((line) => line.replace("pause", "resume")));
  });

  test("resumes when a reload has raised the limit", () => {
    const { made, admission } = setUp({ frontend: "maxconn 1" });
    accept(made, admission, 1);
    expect(take(made, admission)).toEqual(["pause 1", "pause 2"]);
    listener(made, 1).frontend.side = { ...listener(made, 1).frontend.side, maxconn: 2 };
    admission.onRelaxed(made.nowMs);
    expect(take(made, admission)).toEqual(["resume 1", "resume 2"]);
  });

  test("asks nothing for a listener that a reload has closed", () => {
    const { made, admission } = setUp({ bind: "maxconn 1" });
    accept(made, admission, 1);
    expect(take(made, admission)).toEqual(["pause 1"]);
    const [key] = made.world.listeners.keys();
    made.world.listeners.delete(key!);
    admission.onRelaxed(made.nowMs);
    expect(admission.poll()).toBeUndefined();
  });
});
