// Invariant: the quick reader of a CONNECT says what mqtt-packet and the strict checks say, or declines;
// and it does not decline what it is there for.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseConnect } from "../../src/mqtt/parse-connect.ts";
import { readPlainConnect } from "../../src/mqtt/plain-connect.ts";
import { connect, field } from "../interop/mqtt-verdict-packets.ts";

/** Where the body begins, behind the type and the remaining length. */
function bodyStart(frame: Uint8Array): number {
  let start = 1;
  while (frame[start]! >= 0x80) start++;
  return start + 1;
}

const ascii = fc.string({
  unit: fc.integer({ min: 1, max: 127 }).map((n) => String.fromCharCode(n)),
});
const flags = { hasName: fc.boolean(), hasPassword: fc.boolean(), isClean: fc.boolean() };
const plain = fc
  .record({
    ...flags,
    level: fc.constantFrom(4, 5),
    id: ascii,
    name: ascii,
    password: fc.uint8Array(),
  })
  .map(({ hasName, hasPassword, isClean, level, id, name, password }) => {
    const bits = (hasName ? 0x80 : 0) | (hasName && hasPassword ? 0x40 : 0) | (isClean ? 2 : 0);
    const rest = [field(id), ...(hasName ? [field(name)] : [])];
    if (hasName && hasPassword) rest.push(field(password));
    return connect({ level, flags: bits, rest });
  });

test("readPlainConnect() reads what it is there for as mqtt-packet does", () => {
  fc.assert(
    fc.property(plain, fc.uint8Array({ maxLength: 5 }), (frame, behind) => {
      const start = bodyStart(frame);
      const bytes = Buffer.concat([frame, behind]);
      const found = readPlainConnect(bytes, start, frame.length);
      expect(found).toEqual(parseConnect(frame, start));
      expect(readPlainConnect(Uint8Array.from(bytes), start, frame.length)).toEqual(found);
    }),
    { numRuns: 1_000 },
  );
});

const damage = fc.array(fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) }), {
  maxLength: 3,
});

test("readPlainConnect() agrees with mqtt-packet about damaged packets, or declines", () => {
  fc.assert(
    fc.property(plain, damage, fc.nat({ max: 3 }), (whole, changes, cut) => {
      const start = bodyStart(whole);
      const frame = Buffer.from(whole.subarray(0, whole.length - cut));
      for (const { at, value } of changes) {
        frame[start + (at % Math.min(24, whole.length - start))] = value;
      }
      const length = frame.length - start;
      frame[1] = (length & 0x7f) | (start > 2 ? 0x80 : 0);
      if (start > 2) frame[2] = length >> 7;
      const found = readPlainConnect(frame, start, frame.length);
      if (found !== undefined) expect(found).toEqual(parseConnect(frame, start));
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ["a will", { flags: 0x06, rest: [field("c"), field("topic"), field("gone")] }],
  ["properties", { level: 5, props: Buffer.from([5, 0x11, 0, 0, 0, 9]) }],
  ["MQTT 3.1", { level: 3 }],
  ["a text beyond ASCII", { rest: [field("caf\u00e9")] }],
  ["a zero in a text", { rest: [field("a\0b")] }],
  ["the reserved flag", { flags: 0x03 }],
  ["a password without a name", { flags: 0x42, rest: [field("c"), field("secret")] }],
])("readPlainConnect() declines %s", (_, options) => {
  const frame = connect(options);
  expect(readPlainConnect(frame, bodyStart(frame), frame.length)).toBeUndefined();
});
