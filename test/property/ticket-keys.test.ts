import fc from "fast-check";
import { expect, test } from "vitest";
import { readTicketKeys } from "../../src/tickets/read-keys.ts";

const ticketKey = fc.uint8Array({ minLength: 48, maxLength: 48 });

test("what is written is read, and the last three keys count", () => {
  fc.assert(
    fc.property(fc.array(ticketKey, { minLength: 3, maxLength: 8 }), fc.boolean(), (keys, ends) => {
      const text = keys.map((key) => Buffer.from(key).toString("base64")).join("\n");
      const outcome = readTicketKeys(ends ? `${text}\n` : text);
      expect(outcome.ok && outcome.keys.map((key) => Uint8Array.from(key))).toEqual(keys.slice(-3));
    }),
  );
});

test("any text is keys or a problem on a line that it has", () => {
  const line = fc.oneof(
    fc.string({ unit: "binary", maxLength: 120 }),
    fc.base64String({ maxLength: 120 }),
    ticketKey.map((key) => Buffer.from(key).toString("base64")),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const text = lines.join("\n");
      const outcome = readTicketKeys(text);
      if (outcome.ok) {
        expect(outcome.keys).toHaveLength(3);
        return;
      }
      const named = /on line (\d+)/.exec(outcome.problem)?.[1];
      const count = text.split("\n").length;
      if (named !== undefined) expect(Number(named)).toBeLessThanOrEqual(count);
      else expect(outcome.problem).toContain("please supply at least 3 keys");
    }),
  );
});
