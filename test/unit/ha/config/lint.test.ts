import { describe, expect, test } from "vitest";
import { lintConfiguration } from "../../../../ha/config/lint/lint-configuration.ts";
import { explainReaderFindings } from "../../../../ha/config/lint/reader-findings.ts";
import type { Diagnostic } from "../../../../src/base/diagnostic.ts";
import { agentConfiguration, trackReference } from "../../../support/agent-configuration.ts";
import { tracking, withScript } from "./lint-case.ts";
import { LINT_CASES } from "./lint-cases.ts";

describe("lintConfiguration", () => {
  test.each(LINT_CASES)("$fires: $name", ({ configuration, facts, pattern, fires, hint }) => {
    const found = lintConfiguration(configuration, facts ?? {}).filter(({ message }) =>
      pattern.test(message),
    );
    if (fires === "no") {
      expect(found).toEqual([]);
      return;
    }
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ severity: fires, position: { file: "keepalived.conf" } });
    expect(found[0]!.hint).toContain(hint ?? "");
  });

  test("every mistake of one file has a case that fires and one that is silent", () => {
    const numbers = LINT_CASES.map(({ name, fires }) => `${parseInt(name, 10)} ${fires !== "no"}`);
    const of = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15];
    const missing = of
      .flatMap((n) => [`${n} true`, `${n} false`])
      .filter((n) => !numbers.includes(n));
    expect(missing).toEqual([]);
  });

  test("a file without mistakes gets no finding, whatever is not known", () => {
    const clean = agentConfiguration({ instances: [{ vrid: 77 }] });
    expect(lintConfiguration(clean, {})).toEqual([]);
    const silent = { scriptText: () => undefined, bindsNonlocal: () => undefined };
    expect(lintConfiguration(clean, silent)).toEqual([]);
  });

  test("each finding is a sentence, and its hint is another", () => {
    for (const { configuration, facts } of LINT_CASES) {
      for (const { message, hint = "" } of lintConfiguration(configuration, facts ?? {})) {
        expect(message).toMatch(/\.$/);
        expect(hint).toMatch(/^[A-Z].*\.$/s);
      }
    }
  });

  test("findings come in the order of the file", () => {
    const configuration = agentConfiguration({
      instances: [
        { name: "B", vrid: 7, isStrict: true, position: { file: "k.conf", line: 20 } },
        { name: "A", vrid: 8, isNopreempt: true, position: { file: "k.conf", line: 10 } },
      ],
    });
    const lines = lintConfiguration(configuration, {}).map(({ position }) => position?.line);
    expect(lines).toEqual([10, 20]);
  });

  test("a huge script of one line costs no time", () => {
    const hostile = `curl ${"-m ".repeat(20_000)}\n${"echo ".repeat(20_000)}\n`.repeat(4);
    const before = performance.now();
    lintConfiguration(tracking({ command: "/x" }), withScript(hostile, { scriptUser: "nobody" }));
    expect(performance.now() - before).toBeLessThan(500);
  });

  test("a reference to nothing is no mistake of these", () => {
    const configuration = agentConfiguration({
      instances: [{ vrid: 77, trackedScripts: [trackReference("gone", { weight: 5 })] }],
    });
    expect(lintConfiguration(configuration, {})).toEqual([]);
  });
});

describe("explainReaderFindings", () => {
  const CASES: readonly (readonly [message: string, hint: RegExp])[] = [
    ["Truncating auth_pass to 8 characters", /first 8 bytes/],
    ["(V) Warning - nopreempt will not work with initial state MASTER - clearing", /state BACKUP/],
    ["SECURITY VIOLATION - scripts are being executed but script_security not enabled.", /enable_/],
    ["(V) VRRPv2 advertisement interval 0.100000s must be an integer. rounding", /vrrp_version 3/],
    ["(V) VRRP version 3 does not support authentication. Ignoring.", /heartbeat/],
  ];

  test.each(CASES)("explains: %s", (message, hint) => {
    const [explained] = explainReaderFindings([{ severity: "warning", message }]);
    expect(explained?.hint).toMatch(hint);
    expect(explained?.message).toBe(message);
  });

  test("leaves other findings, and hints that are there, alone", () => {
    const findings: readonly Diagnostic[] = [
      { severity: "warning", message: "Unknown keyword 'x'" },
      { severity: "warning", message: "Truncating auth_pass to 8 characters", hint: "Own hint." },
    ];
    expect(explainReaderFindings(findings)).toEqual(findings);
  });
});
