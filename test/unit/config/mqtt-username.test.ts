import { describe, expect, test } from "vitest";
import { equalApartFromPositions } from "../../../src/config/equal.ts";
import type { UsernameRule } from "../../../src/config/model/rules.ts";
import { printConfiguration } from "../../../src/config/print.ts";
import { alertsOf, readText } from "./read-text.ts";

function rulesOf(text: string): readonly UsernameRule[] {
  return readText(text).configuration.proxies[0]!.frontend!.usernameRules;
}

describe("mqtt-set-username", () => {
  test.each([
    ["mqtt-set-username ssl_c_s_dn(cn)", "refuse", false],
    ["#tandem mqtt-set-username ssl_c_s_dn(cn),lower else keep", "keep", false],
    ["#tandem mqtt-set-username src else refuse if { src 10.0.0.0/8 }", "refuse", true],
  ])("%j, also when printed and read again", (line, otherwise, hasCondition) => {
    const text = `frontend f\n bind :1\n ${line}\n`;
    const rules = rulesOf(text);
    expect(rules).toMatchObject([{ otherwise }]);
    expect("condition" in rules[0]!).toBe(hasCondition);
    const again = rulesOf(printConfiguration(readText(text).configuration));
    expect(equalApartFromPositions(again, rules)).toBe(true);
  });

  test.each([
    ["mqtt-set-username", "'mqtt-set-username' expects a sample."],
    [
      "mqtt-set-username src else drop",
      "'mqtt-set-username ... else' expects 'refuse' or 'keep', found 'drop'.",
    ],
    [
      "mqtt-set-username src if nobody",
      "'mqtt-set-username': error detected in its condition : no such ACL : 'nobody'.",
    ],
  ])("%j is refused with what may stand there", (line, message) => {
    expect(alertsOf(`frontend f\n bind :1\n ${line}\n`).join("\n")).toContain(message);
  });
});
