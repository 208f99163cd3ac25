import { describe, expect, test } from "vitest";
import { ReceivedDictionary, SentDictionary } from "../../../src/peers/dictionary-cache.ts";
import { WireReader } from "../../../src/peers/wire-reader.ts";
import { WireWriter } from "../../../src/peers/wire-writer.ts";
import { bytes } from "./bytes.ts";

function sent(dictionary: SentDictionary, text: string | undefined): Buffer {
  const out = new WireWriter();
  dictionary.write(out, text);
  return out.toBytes();
}

describe("dictionary cache", () => {
  test("129 strings: the first slot is taken again and its string defined anew", () => {
    const dictionary = new SentDictionary(new WireWriter());
    const received = new ReceivedDictionary();
    for (let round = 0; round < 3; round += 1) {
      for (let number = 0; number < 129; number += 1) {
        const text = `server-${number}`;
        const first = sent(dictionary, text);
        expect(received.read(new WireReader(first))).toEqual({ text });
        expect(first[1]!).toBeLessThanOrEqual(128);
        const again = sent(dictionary, text);
        expect(again).toHaveLength(2);
        expect(received.read(new WireReader(again))).toEqual({ text });
      }
    }
  });

  test("no key is a length of zero, an unused number is no key", () => {
    expect(sent(new SentDictionary(new WireWriter()), undefined)).toEqual(bytes("00"));
    expect(new ReceivedDictionary().read(new WireReader(bytes("00")))).toEqual({ text: undefined });
    expect(new ReceivedDictionary().read(new WireReader(bytes("01 05")))).toEqual({
      text: undefined,
    });
  });

  test("a definition whose message is not sent can be taken back", () => {
    const dictionary = new SentDictionary(new WireWriter());
    sent(dictionary, "b1");
    dictionary.forget("b1");
    expect(sent(dictionary, "b1")).toEqual(bytes('04 02 02 "b1"'));
  });

  test.each(["", "01", "01 00", "01 c8", "05 c8 02", '04 c8 02 "b1"', '04 01 03 "b1"', "01 f0 00"])(
    "%s is malformed",
    (hex) => {
      expect(new ReceivedDictionary().read(new WireReader(bytes(hex)))).toBe("malformed");
    },
  );

  test("bytes after a string are skipped, a string of more than 256 bytes is none", () => {
    const reader = new WireReader(bytes('06 01 02 "b1" 00 00 07'));
    expect(new ReceivedDictionary().read(reader)).toEqual({ text: "b1" });
    expect(reader.varint()).toBe(7);
    const long = sent(new SentDictionary(new WireWriter()), "x".repeat(257));
    expect(new ReceivedDictionary().read(new WireReader(long))).toEqual({ text: undefined });
  });
});
