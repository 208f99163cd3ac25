import { expect, test } from "vitest";
import { LessonRehearsal } from "../../../src/peers/rehearsal.ts";

test("a rehearsal ends with everything learned, in many small pieces", () => {
  const lesson = new LessonRehearsal(5_000);
  let stepCount = 0;
  let mostLearned = 0;
  for (let formerly = 0; lesson.step(); formerly = lesson.learnedCount) {
    mostLearned = Math.max(mostLearned, lesson.learnedCount - formerly);
    stepCount += 1;
    expect(stepCount).toBeLessThan(5_000);
  }
  expect(lesson.learnedCount).toBe(5_000);
  expect(mostLearned).toBeLessThan(1_000);
  expect(lesson.step()).toBe(false);
});
