import { expect, test } from "vitest";
import { OneAtATime } from "../../src/io/one-at-a-time.ts";

/** An action whose runs end when the test says so. */
class Runs {
  startedCount = 0;
  #end: (() => void) | undefined;

  async run(): Promise<number> {
    const run = ++this.startedCount;
    await new Promise<void>((resolve) => (this.#end = resolve));
    return run;
  }

  end(): void {
    this.#end?.();
  }
}

test("run() starts at once when nothing runs, and again after that", async () => {
  const runs = new Runs();
  const action = new OneAtATime(() => runs.run());
  const first = action.run();
  runs.end();
  expect(await first).toBe(1);
  const second = action.run();
  runs.end();
  expect(await second).toBe(2);
});

test("run() during a run begins another one after it, shared by all who asked", async () => {
  const runs = new Runs();
  const action = new OneAtATime(() => runs.run());
  const first = action.run();
  const waiting = [action.run(), action.run(), action.run()];
  expect(runs.startedCount).toBe(1);
  runs.end();
  expect(await first).toBe(1);
  await expect.poll(() => runs.startedCount).toBe(2);
  const afterwards = action.run();
  runs.end();
  expect(await Promise.all(waiting)).toEqual([2, 2, 2]);
  await expect.poll(() => runs.startedCount).toBe(3);
  runs.end();
  expect(await afterwards).toBe(3);
});

test("run() goes on after a run that failed", async () => {
  let count = 0;
  const action = new OneAtATime(async () => {
    await Promise.resolve();
    if (++count === 1) throw new Error("first");
    return count;
  });
  const [first, second] = await Promise.allSettled([action.run(), action.run()]);
  expect(first).toMatchObject({ status: "rejected" });
  expect(second).toEqual({ status: "fulfilled", value: 2 });
});
