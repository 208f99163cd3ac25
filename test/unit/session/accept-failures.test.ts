import { expect, test } from "vitest";
import { ACCEPT_FAILURE_NOTICE_MS } from "../../../src/limits.ts";
import { AcceptFailures } from "../../../src/session/accept-failures.ts";

test("note() tells the first refusal at once and the others together", () => {
  const failures = new AcceptFailures();
  const first = failures.note("in", "EMFILE", 5);
  expect(first).toMatchObject({ refusedCount: 1 });
  expect(first!.text).toMatch(/^Proxy in reached process FD limit\. .*LimitNOFILE/);
  for (let ms = 6; ms < 5 + ACCEPT_FAILURE_NOTICE_MS; ms++) {
    expect(failures.note("in", "EMFILE", ms)).toBeUndefined();
  }
  const next = failures.note("in", "EMFILE", 5 + ACCEPT_FAILURE_NOTICE_MS);
  expect(next).toMatchObject({ refusedCount: ACCEPT_FAILURE_NOTICE_MS });
});

test("note() keeps frontends apart and names other causes", () => {
  const failures = new AcceptFailures();
  expect(failures.note("a", "ENFILE", 0)!.text).toContain("system FD limit");
  expect(failures.note("b", "ENOMEM", 0)!.text).toContain("memory");
  expect(failures.note("c", "EPERM", 0)!.text).toBe("Proxy c cannot accept connections (EPERM).");
});
