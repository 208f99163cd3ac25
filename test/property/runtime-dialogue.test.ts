// Whatever a client of the runtime API sends, in whatever pieces, it is answered or the connection
// ends; nothing is thrown, nothing grows, and the pieces do not matter.
import fc from "fast-check";
import { expect, test } from "vitest";
import { RUNTIME_PIECE_CHARS } from "../../src/runtime/limits.ts";
import { Dialogue } from "../unit/runtime/dialogue.ts";

const WORDS = [
  ...["show", "stat", "info", "table", "sess", "servers", "state", "conn", "peers", "errors"],
  ...["schema", "json", "typed", "desc", "up", "no-maint", "float", "cli", "sockets", "env"],
  ...["be", "fe", "b1", "-1", "4", "0x0", "all", "key", "data.conn_cnt", "gt", "999999999999"],
  ...["help", "prompt", "quit", "user", "set", "severity-output", "number", "<<", "@1", "\\"],
  ...["activity", "pools", "threads", "resolvers", "version", "backend", "fd", "expert-mode", "on"],
];

const word = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
);

const separator = fc.constantFrom(" ", " ", " ", "\t", ";", "\n", "\r\n", " \\;", "\n\n");

const text = fc
  .array(fc.tuple(word, separator), { maxLength: 40 })
  .map((parts) => Buffer.from(parts.map((part) => part.join("")).join(""), "utf8"));

const noise = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));

/** Sends bytes in pieces of these lengths; all that was written. */
function converse(bytes: Buffer, lengths: readonly number[]): Dialogue {
  const client = new Dialogue();
  client.bench.accept();
  client.send("prompt\n");
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const length = lengths.length === 0 ? bytes.length : lengths[i % lengths.length]!;
    client.tell({ kind: "bytes", bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  client.tell({ kind: "ended" });
  return client;
}

test("commands in any order and noise are answered, piece by piece", () => {
  fc.assert(
    fc.property(fc.oneof(text, noise), (bytes) => {
      const client = converse(bytes, []);
      expect(client.closed).toBe("finish");
      for (const effect of client.effects) {
        expect(effect.kind).not.toBe("defect");
        if (effect.kind === "write") {
          expect(effect.text.length).toBeLessThan(RUNTIME_PIECE_CHARS + 10_000);
        }
      }
    }),
    { numRuns: 150 },
  );
});

test("how bytes are cut into pieces changes no answer", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
  // Without its prompt a connection ends as soon as nothing is left to answer.
  const staying = text.filter((bytes) => !bytes.includes("prompt"));
  fc.assert(
    fc.property(staying, lengths, (bytes, cuts) => {
      const answers = (client: Dialogue): string => client.output.replaceAll("+ ", "");
      expect(answers(converse(bytes, cuts))).toBe(answers(converse(bytes, [])));
    }),
    { numRuns: 75 },
  );
});
