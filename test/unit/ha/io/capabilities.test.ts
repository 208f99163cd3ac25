import { describe, expect, test } from "vitest";
import { missingIn, reducingPrefix } from "../../../../ha/io/capabilities.ts";

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

describe("what a balancer is started with", () => {
  const ambient = (mask: string): string => `CapEff:\t0000000000003400\nCapAmb:\t${mask}\n`;

  test("nothing is put before it where nothing is inherited, or only ports", () => {
    expect(reducingPrefix(ambient("0000000000000000"))).toEqual([]);
    expect(reducingPrefix(ambient("0000000000000400"))).toEqual([]);
    expect(reducingPrefix("Name:\tnode\n")).toEqual([]);
  });

  test("at most the ports below 1024 are left", () => {
    expect(reducingPrefix(ambient("0000000000803400")).join(" ")).toBe(
      "setpriv --ambient-caps -all,+net_bind_service --inh-caps -all,+net_bind_service --",
    );
    expect(reducingPrefix(ambient("0000000000003000")).join(" ")).toBe(
      "setpriv --ambient-caps -all --inh-caps -all --",
    );
  });
});
