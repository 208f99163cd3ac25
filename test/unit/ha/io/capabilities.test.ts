import { describe, expect, test } from "vitest";
import { missingIn } from "../../../../ha/io/capabilities.ts";

const BOTH = ["CAP_NET_RAW", "CAP_NET_ADMIN"] as const;
const status = (mask: string): string =>
  `Name:\tnode\nCapInh:\t0000000000003000\nCapPrm:\t0000000000003000\nCapEff:\t${mask}\nCapBnd:\t000001ffffffffff\n`;

describe("capabilities in /proc/PID/status", () => {
  test("all of root", () => {
    expect(missingIn(status("000001ffffffffff"), BOTH)).toEqual([]);
  });

  test("none of an ordinary user", () => {
    expect(missingIn(status("0000000000000000"), BOTH)).toEqual(BOTH);
  });

  test("one of two", () => {
    expect(missingIn(status("0000000000002000"), BOTH)).toEqual(["CAP_NET_ADMIN"]);
    expect(missingIn(status("0000000000001000"), BOTH)).toEqual(["CAP_NET_RAW"]);
  });

  test("a kernel that does not tell hinders nobody", () => {
    expect(missingIn("Name:\tnode\n", BOTH)).toEqual([]);
  });
});
