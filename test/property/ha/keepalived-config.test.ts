// The reader of keepalived.conf on noise, on changed valid files and on files meant to grow: it
// never throws, and its time is bounded.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DOCUMENTED_TABLES } from "../../../ha/config/document.ts";
import { messagesOf, printOutcome, readText } from "../../unit/ha/config/read-text.ts";

const FULL = readFileSync(
  new URL("../../golden/keepalived/everything.conf", import.meta.url),
  "utf8",
);
/** What one reading may take on a busy machine, ms. */
const READ_MS_MAX = 5_000;

const WORDS = [...DOCUMENTED_TABLES.values()].flatMap((table) => [...table.keys()]);
const PIECES = [
  ...[
    "{",
    "}",
    "\n",
    "\n",
    "\n",
    " ",
    '"',
    "'",
    "\\",
    "#tandem ",
    "!",
    "@lb1 ",
    "@^x ",
    "$A=",
    "$A ",
  ],
  ...[
    "${A}",
    "${_RANDOM 1 9}",
    "~SEQ(A,1,9) ",
    "~LST({A,B},{1,2}) ",
    "include k.conf\n",
    "10.0.0.1/24",
  ],
  ...["fe80::1", "-1", "300", "0.5", "eth0", "weight", "reverse", "V", "c", "\0", "\u2028", "ü"],
];

function readBounded(text: string): void {
  const start = performance.now();
  const outcome = readText(text);
  expect(typeof printOutcome(outcome)).toBe("string");
  expect(performance.now() - start).toBeLessThan(READ_MS_MAX);
}

describe("readKeepalivedConfiguration()", () => {
  test("takes any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        readBounded(Buffer.from(bytes).toString("latin1"));
      }),
      { numRuns: 300 },
    );
  });

  test("takes known words in any order", () => {
    const piece = fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom(...PIECES));
    const text = fc.array(piece, { maxLength: 80 }).map((pieces) => pieces.join(" "));
    fc.assert(fc.property(text, readBounded), { numRuns: 500 });
  });

  test("takes a valid file with a few places changed", () => {
    const change = fc.record({
      at: fc.nat({ max: FULL.length }),
      drop: fc.nat({ max: 30 }),
      put: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 })),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        let text = FULL;
        for (const { at, drop, put } of changes)
          text = text.slice(0, at) + put + text.slice(at + drop);
        readBounded(text);
      }),
      { numRuns: 300 },
    );
  });

  test("never repeats a secret", () => {
    const secret = fc.stringMatching(/^[A-Z]{10,14}$/);
    const form = fc.constantFrom(
      (key: string) => `#tandem heartbeat 10.0.0.1 10.0.0.2 key ${key} port 99999\n`,
      (key: string) => `#tandem heartbeat 10.0.0.1 fe80::1 key ${key}\n`,
      (key: string) => `#tandem heartbeat 10.0.0.1 10.0.0.2 ${key} key\n`,
      (key: string) => `#tandem heartbeat 10.0.0.1 10.0.0.2 key "${key}\n`,
      (key: string) =>
        `vrrp_instance V {\n authentication {\n auth_pass ${key}\n auth_type PASS\n}\n}\n`,
      (key: string) => `vrrp_instance V {\n authentication {\n auth_pass "${key}\n}\n}\n`,
      (key: string) => `#tandem heartbeat 10.0.0.1 10.0.0.2 key a{${key}\n`,
      (key: string) => `vrrp_instance V {\n authentication {\n auth_pass a{${key}\n}\n}\n`,
      (key: string) => `vrrp_instance V {\n auth_pass ${key}\n}\n~SEQ(a) auth_pass ${key}\n`,
      (key: string) => `$A=\${A}\nauth_pass ${key} \${A}\n`,
      (key: string) => `vrrp_instance V {\n authentication {\n auth_pas ${key}\n}\n}\n`,
    );
    fc.assert(
      fc.property(secret, form, (key, make) => {
        const outcome = readText(make(key));
        expect(JSON.stringify(outcome.diagnostics)).not.toContain(key);
      }),
    );
  });

  test.each([
    ["a definition of itself", "$A=x ${B}\n$B=y ${A}\nfoo $A\n"],
    ["definitions that double", doubling("${A%} ${A%}")],
    ["definitions of lines that double", doubling(" \\\n${A%} \\\n${A%}")],
    ["sequences of sequences", `${"~SEQ(A,1,1000) ".repeat(9)}foo\n`],
    ["a sequence without an end", "~SEQ(A,1,1,999999999) foo\n"],
    ["a file that includes itself", "include k.conf\n".repeat(3)],
    ["open braces", "a {\n".repeat(100_000)],
    ["one long line", "x ".repeat(1_000_000)],
  ])("ends soon with an error: %s", (_name, text) => {
    const start = performance.now();
    const outcome = readText(text, {}, { "k.conf": text });
    expect(performance.now() - start).toBeLessThan(READ_MS_MAX);
    expect(outcome.exitCode).not.toBe(0);
    expect(messagesOf(outcome).length).toBeLessThanOrEqual(1_000);
  });
});

/** Forty names, each made of the one before by `form`. */
function doubling(form: string): string {
  const lines = Array.from(
    { length: 40 },
    (_, i) => `$A${i + 1}=${form.replaceAll("%", String(i))}`,
  );
  return `$A0=word\n${lines.join("\n")}\nfoo $A40\n`;
}
