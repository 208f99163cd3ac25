import { describe, expect, test } from "vitest";
import { readTicketKey, readTicketKeys } from "../../../src/tickets/read-keys.ts";

/** A key whose bytes are all the same. */
function key(byte: number, bytes = 48): string {
  return Buffer.alloc(bytes, byte).toString("base64");
}

function problem(text: string): string {
  const outcome = readTicketKeys(text);
  return outcome.ok ? "none" : outcome.problem;
}

describe("readTicketKeys()", () => {
  test("takes the last three keys, whatever ends the lines", () => {
    for (const end of ["\n", "\r\n"]) {
      const outcome = readTicketKeys([1, 2, 3, 4].map((byte) => key(byte) + end).join(""));
      expect(outcome.ok && outcome.keys.map(([first]) => first)).toEqual([2, 3, 4]);
    }
    expect(readTicketKeys([key(1), key(2), key(3)].join("\n"))).toMatchObject({ ok: true });
  });

  test("says what was found, what was expected, on which line, and what to do", () => {
    const make = "make keys by 'openssl rand -base64 48'";
    expect(problem(`${key(1)}\n${key(2)}\n`)).toBe(
      `please supply at least 3 keys in the tls-tickets-file (found 2; ${make})`,
    );
    expect(problem("")).toContain("found 0");
    expect(problem(`${key(1)}\nnonsense!\n`)).toBe(
      `unable to decode base64 key on line 2 (${make})`,
    );
    expect(problem(`${key(1)}\n${key(1, 47)}\n`)).toBe(
      `wrong sized key on line 2 (found 47 bytes, expected 48; ${make})`,
    );
    expect(problem(`${key(1, 80)}\n`)).toBe(
      "wrong sized key on line 1 (found 80 bytes, expected 48: keys of 80 bytes are for AES-256, " +
        `which Node.js does not seal tickets with; ${make}, for all nodes)`,
    );
  });

  test.each([
    ["an empty line", `\n${key(1)}\n${key(2)}\n${key(3)}\n`],
    ["a comment", `# keys\n${key(1)}\n${key(2)}\n${key(3)}\n`],
    ["a blank behind a key", `${key(1)} \n${key(2)}\n${key(3)}\n`],
    ["bytes that are no text", "\xff\x00\n"],
  ])("does not pass over %s", (_what, text) => {
    expect(problem(text)).toMatch(/on line 1/);
  });

  test("never repeats what stands in a line", () => {
    expect(problem(`${key(7).slice(0, 40)}\n`)).not.toContain(key(7).slice(0, 8));
  });
});

describe("readTicketKey()", () => {
  test("wants the padding, and no letters of other alphabets", () => {
    expect(readTicketKey(key(0xfb))).toMatchObject({ ok: true });
    const urlSafe = key(0xfb).replaceAll("+", "-").replaceAll("/", "_");
    expect(readTicketKey(urlSafe)).toEqual({ ok: false, why: "base64" });
    expect(readTicketKey(key(1, 47).replace("=", ""))).toEqual({ ok: false, why: "base64" });
  });
});
