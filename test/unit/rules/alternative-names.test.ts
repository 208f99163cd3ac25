import { describe, expect, test } from "vitest";
import { alternativeName, splitNames } from "../../../src/rules/fetch/alternative-names.ts";
import { parseSampleExpression } from "../../../src/rules/parse-sample.ts";

describe("ssl_c_san", () => {
  test("splits names as Node writes them", () => {
    expect(splitNames("")).toEqual([]);
    expect(splitNames("DNS:a.example, IP Address:10.0.0.1, URI:spiffe://x/y")).toEqual([
      { kind: "DNS", value: "a.example" },
      { kind: "IP Address", value: "10.0.0.1" },
      { kind: "URI", value: "spiffe://x/y" },
    ]);
  });

  test("takes a name that pretends to be two for one", () => {
    expect(splitNames('DNS:"a, DNS:\\"b", email:c@d')).toEqual([
      { kind: "DNS", value: 'a, DNS:"b' },
      { kind: "email", value: "c@d" },
    ]);
  });

  test("has no name of a certificate that cannot be read", () => {
    expect(alternativeName(Uint8Array.of(1, 2, 3), "", 1)).toBeUndefined();
  });

  test.each([
    ["ssl_c_san", true],
    ["ssl_c_san(dns)", true],
    ["ssl_c_san(uri,2)", true],
    ["ssl_c_san(,-1)", true],
    ["ssl_c_san(cn)", false],
    ["ssl_c_san(dns,x)", false],
  ])("%s is read: %j", (text, isRead) => {
    expect(parseSampleExpression([text], 0).ok).toBe(isRead);
  });
});
