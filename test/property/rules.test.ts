// Invariants: what is printed parses to the same tree; no sample makes a converter or a pattern
// throw; an indexed pattern list agrees with asking each pattern in turn.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  AclDefinition,
  Condition,
  MatchMethod,
  SampleExpression,
} from "../../src/rules/ast.ts";
import { castSample } from "../../src/rules/convert.ts";
import { listConverters } from "../../src/rules/converter/catalogue.ts";
import type { ArgumentSpec, SampleType } from "../../src/rules/definition.ts";
import { listFetches } from "../../src/rules/fetch/catalogue.ts";
import { compileCondition, compileSample } from "../../src/rules/compile.ts";
import { parseIp, printIp } from "../../src/base/ip.ts";
import {
  parseAcl,
  parseCondition,
  printAcl,
  printCondition,
} from "../../src/rules/parse-condition.ts";
import { parseSampleExpression, printSampleExpression } from "../../src/rules/parse-sample.ts";
import { compilePattern } from "../../src/rules/pattern.ts";
import { compilePatternList } from "../../src/rules/pattern-list.ts";
import type { Sample } from "../../src/rules/sample.ts";
import { fakeContext } from "../unit/rules/context.ts";
import { words } from "../unit/rules/words.ts";

const POSITION = { file: "t", line: 1 };
const TYPES: readonly SampleType[] = ["bool", "int", "ip", "str", "bin"];

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ maxLength: 8, unit: fc.constantFrom(..."ab,()'\"\\ #$\t\n.-!{}".split("")) }),
);

/** A valid argument for a specification, with odd characters where any text will do. */
function argument(spec: ArgumentSpec): fc.Arbitrary<string> {
  switch (spec.type) {
    case "integer":
      return fc.integer({ min: 1, max: 4 }).map(String);
    case "IPv4 address":
    case "IPv4 mask":
      return fc.constant("255.255.0.0");
    case "IPv6 address":
    case "IPv6 mask":
      return fc.constant(spec.type === "IPv6 mask" ? "64" : "2001:db8::1");
    case "regex":
      return fc.constantFrom("a+", "(a|b)", "\\.", "[,]");
    case "string":
      return text.filter((value) => value !== "");
    default:
      return fc.constantFrom("t", "b/s");
  }
}

const FIXED: Readonly<Record<string, readonly string[]>> = {
  bool: ["true"],
  bin: ["00ff"],
  var: ["txn.a"],
  date: ["1", "ms"],
  concat: ["a", "txn.a", "b c"],
  mqtt_field_value: ["connect", "username"],
  sha2: ["256"],
  regsub: ["(a)b*", "\\1,", "gi"],
};
const ARITHMETIC = new Set(["add", "sub", "mul", "div", "mod", "and", "or", "xor"]);

function call(name: string, specs: readonly ArgumentSpec[]) {
  const fixed = FIXED[name] ?? (ARITHMETIC.has(name) ? ["7"] : undefined);
  const args = fixed === undefined ? fc.tuple(...specs.map(argument)) : fc.constant([...fixed]);
  return args.map((values: readonly string[]) => ({ name, args: values }));
}

const fetchCall = fc
  .constantFrom(...listFetches())
  .chain((fetch) => fc.constantFrom(...fetch.names).chain((name) => call(name, fetch.args)));
const converterCall = fc
  .constantFrom(...listConverters())
  .chain((c) => fc.constantFrom(...c.names).chain((name) => call(name, c.args)));
const expressions: fc.Arbitrary<SampleExpression> = fc
  .record({ fetch: fetchCall, converters: fc.array(converterCall, { maxLength: 3 }) })
  .filter((e) => parseSampleExpression(words(printSampleExpression(e)), 0).ok);

const samples: fc.Arbitrary<Sample> = fc.oneof(
  fc.boolean().map((value): Sample => ({ type: "bool", value })),
  fc
    .oneof(fc.integer(), fc.constantFrom(0, 2 ** 63, -(2 ** 63), 2 ** 53))
    .map((value): Sample => ({ type: "int", value })),
  fc
    .oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    )
    .map((value): Sample => ({ type: "ip", value })),
  fc
    .uint8Array({ maxLength: 40 })
    .map((bytes): Sample => ({ type: "str", value: Buffer.from(bytes).toString("latin1") })),
  fc.string().map((value): Sample => ({ type: "str", value })),
  fc.uint8Array({ maxLength: 40 }).map((value): Sample => ({ type: "bin", value })),
);

describe("print and parse", () => {
  test("parseSampleExpression() reads back what printSampleExpression() writes", () => {
    fc.assert(
      fc.property(expressions, (expression) => {
        const line = words(`${printSampleExpression(expression)} if TRUE`);
        const result = parseSampleExpression(line, 0);
        expect(result).toEqual({ ok: true, value: expression, next: 1 });
      }),
      { numRuns: 300 },
    );
  });

  const METHODS: readonly MatchMethod[] = [
    "str",
    "sub",
    "beg",
    "end",
    "dir",
    "dom",
    "len",
    "found",
  ];
  const acls: fc.Arbitrary<AclDefinition> = fc
    .record({
      method: fc.constantFrom(...METHODS),
      ignoreCase: fc.boolean(),
      noResolve: fc.boolean(),
      files: fc.array(fc.constantFrom("/etc/a", "/etc/b c"), { maxLength: 2 }),
      patterns: fc.array(
        text.filter((t) => t !== "" && t !== "}"),
        { maxLength: 3 },
      ),
      numbers: fc.array(fc.constantFrom("5", "1:4", "gt 7", "le 9"), { maxLength: 1 }),
    })
    .map(({ method, patterns, numbers, ...flags }) => ({
      ...flags,
      method,
      patterns: method === "len" ? numbers : patterns,
      expression: { fetch: { name: "str", args: ["x, y"] }, converters: [] },
      position: POSITION,
    }));

  test("parseAcl() reads back what printAcl() writes", () => {
    fc.assert(
      fc.property(acls, (acl) => {
        const named = { name: "a.b", ...acl };
        const line = words(printAcl(named));
        expect(parseAcl(line, 0, POSITION)).toEqual({ ok: true, value: named, next: line.length });
      }),
      { numRuns: 300 },
    );
  });

  test("parseCondition() reads back what printCondition() writes", () => {
    const term = fc.record({
      negated: fc.boolean(),
      acl: fc.oneof(fc.constantFrom("TRUE", "mine", "WAIT_END"), acls),
    });
    const conditions: fc.Arbitrary<Condition> = fc.record({
      kind: fc.constantFrom("if" as const, "unless" as const),
      anyOf: fc.array(fc.array(term, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(conditions, (condition) => {
        const line = words(printCondition(condition));
        const result = parseCondition(line, 0, POSITION);
        expect(result).toEqual({ ok: true, value: condition, next: line.length });
      }),
      { numRuns: 300 },
    );
  });

  test("the parsers answer with a value for any words", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "if",
        "unless",
        "{",
        "}",
        "!",
        "or",
        "src",
        "-m",
        "-f",
        "str(",
        "mqtt_is_valid",
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (line) => {
        parseSampleExpression(line, 0);
        parseAcl(line, 0, POSITION);
        parseCondition(line, 0, POSITION);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("evaluation", () => {
  test("compileSample() answers with a value for any expression and any first bytes", () => {
    fc.assert(
      fc.property(expressions, fc.uint8Array(), fc.boolean(), (expression, bytes, final) => {
        const value = compileSample(expression)(fakeContext("", { request: { bytes, final } }));
        if (typeof value === "string") {
          expect(["none", "wait"]).toContain(value);
          if (final) expect(value).toBe("none");
        } else expect(TYPES).toContain(value.type);
      }),
      { numRuns: 500 },
    );
  });

  test("every converter answers with a value for any sample", () => {
    for (const definition of listConverters()) {
      const name = definition.names[0]!;
      fc.assert(
        fc.property(call(name, definition.args), samples, ({ args }, sample) => {
          if (definition.check?.(args) !== undefined) return;
          const input = definition.input === "any" ? sample : castSample(sample, definition.input);
          if (input !== undefined) definition.make(args, {})(input, fakeContext());
        }),
        { numRuns: 30 },
      );
    }
  });

  test("castSample() gives the type asked for, or nothing", () => {
    fc.assert(
      fc.property(samples, fc.constantFrom(...TYPES), (sample, type) => {
        expect(castSample(sample, type)?.type ?? type).toBe(type);
      }),
    );
  });

  test("compileCondition() never waits once the bytes are final", () => {
    const condition = parseCondition(
      words("if { req.len gt 10 } or { req.payload(0,0),mqtt_is_valid } or !WAIT_END"),
      0,
      POSITION,
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        if (!condition.ok) throw new Error(condition.message);
        expect(compileCondition(condition.value, new Map())(fakeContext(bytes))).toBeTypeOf(
          "boolean",
        );
      }),
    );
  });
});

describe("patterns", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const address4 = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join("."));
  const network = fc
    .tuple(address4, fc.integer({ min: 0, max: 32 }))
    .map(([host, bits]) => `${host}/${bits}`);
  const network6 = fc
    .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 0, max: 128 }))
    .map(([bytes, bits]) => `${printIp(bytes)}/${bits}`);

  test("compilePatternList() finds the networks that asking each one finds", () => {
    const lists = fc.array(fc.oneof(network, network6), { maxLength: 8 });
    const hosts = fc.oneof(
      address4,
      address4.map((host) => `::ffff:${host}`),
    );
    fc.assert(
      fc.property(lists, hosts, (patterns, host) => {
        const options = { method: "ip", ignoreCase: false } as const;
        const sample: Sample = { type: "ip", value: parseIp(host)! };
        const slow = patterns.some((pattern) => {
          const compiled = compilePattern(pattern, options);
          return compiled.ok && compiled.test(sample);
        });
        expect(compilePatternList(patterns, options)(sample)).toBe(slow);
      }),
      { numRuns: 500 },
    );
  });

  test("parseIp() reads back what printIp() writes", () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((given) =>
      // Zeros are what the short form is about.
      given.map((byte, i) => (given[15 - i]! > 100 ? byte : 0)),
    );
    fc.assert(
      fc.property(bytes, (address) => {
        expect(parseIp(printIp(address))).toEqual(address);
      }),
    );
  });
});
