import { describe, expect, test } from "vitest";
import { parseAcl, parseCondition } from "../../../src/rules/parse-condition.ts";
import { parseSampleExpression } from "../../../src/rules/parse-sample.ts";
import { parseTcpRule, printTcpRule, type RuleSet } from "../../../src/rules/parse-tcp-rule.ts";
import type { Parsed } from "../../../src/rules/parsed.ts";
import { words } from "./words.ts";

const POSITION = { file: "t.cfg", line: 7 };

function message(result: Parsed<unknown>): string {
  return result.ok ? "ok" : result.message;
}

describe("parseSampleExpression()", () => {
  test("reads a fetch, its arguments and its converters", () => {
    const line = ["on", "req.payload(0,0),mqtt_field_value(connect,client_identifier)", "table"];
    expect(parseSampleExpression(line, 1)).toEqual({
      ok: true,
      next: 2,
      value: {
        fetch: { name: "req.payload", args: ["0", "0"] },
        converters: [{ name: "mqtt_field_value", args: ["connect", "client_identifier"] }],
      },
    });
  });

  test("takes converters that stand as words of their own", () => {
    const result = parseSampleExpression(["src", "ipmask(24)", "lower", "table", "t"], 0);
    expect(result).toMatchObject({ ok: true, next: 3 });
  });

  // Measured: HAProxy 2.6.12 reads these arguments so.
  test.each([
    ['str("a,b")', "a,b"],
    ["str('a,b')", "a,b"],
    ['str("a b"c)', "a bc"],
    ["str( a )", " a "],
    ['str("a\\nb")', "a\nb"],
    ['str("a\\2b")', "a\\2b"],
    ["str(a\\qb)", "a\\qb"],
    ['str("a\\"b")', 'a"b'],
    ["str('a\\nb')", "a\\nb"],
  ])("reads the argument of %s", (text, argument) => {
    const result = parseSampleExpression([text], 0);
    expect(result).toMatchObject({ ok: true, value: { fetch: { args: [argument] } } });
  });

  test("suggests the name that was meant", () => {
    expect(parseSampleExpression(["srcc"], 0)).toMatchObject({
      ok: false,
      message: "unknown fetch method 'srcc'",
      hint: "did you mean 'src' ?",
    });
    expect(parseSampleExpression(["src,loower"], 0)).toMatchObject({
      message: "unknown converter 'loower'",
      hint: "did you mean 'lower' ?",
    });
  });
});

// Measured: what HAProxy 2.6.12 says behind `parsing [file:line] : `.
const ACL_MESSAGES: readonly (readonly [string, string])[] = [
  ["bogus 1", "unknown fetch method 'bogus' in ACL expression 'bogus'"],
  ["src 1.2.3.4.5", "'1.2.3.4.5' is not a valid IPv4 or IPv6 address"],
  ["src 10.0.0.0/33", "'10.0.0.0/33' is not a valid IPv4 or IPv6 address"],
  ["src_port abc", "'abc' is not a number"],
  ["src_port 5:3", "'5:3' is not a valid number range"],
  [
    "req.payload(0,0) abc",
    "matching method must be specified first (using '-m') when using a sample fetch of this type ('req.payload')",
  ],
  [
    "req.payload(0) -m str a",
    "fetch method 'req.payload' : missing arguments (got 1/2), type 'integer' expected in ACL expression 'req.payload(0)'",
  ],
  [
    "req.payload(a,0) -m str a",
    "fetch method 'req.payload' : failed to parse 'a' as type 'integer' at position 1 in ACL expression 'req.payload(a,0)'",
  ],
  [
    "req.payload(0,0,0) -m str a",
    "fetch method 'req.payload' : expected ')' before ',0)' in ACL expression 'req.payload(0,0,0)'",
  ],
  [
    "req.payload -m str a",
    "fetch method 'req.payload' : expected type 'integer' at position 1, but got nothing in ACL expression 'req.payload'",
  ],
  [
    "req.payload(0,0 a",
    "fetch method 'req.payload' : expected ')' in ACL expression 'req.payload(0,0'",
  ],
  [
    "req.payload(0,0)x a",
    "missing comma after fetch keyword 'req.payload' in ACL expression 'req.payload(0,0)x'",
  ],
  [
    "req.payload(0,0),bogus a",
    "unknown converter 'bogus' in ACL expression 'req.payload(0,0),bogus'",
  ],
  [
    "req.payload(0,0),mqtt_is_valid(3)",
    "invalid arg 1 in converter 'mqtt_is_valid' : expected ')' before '3)' in ACL expression 'req.payload(0,0),mqtt_is_valid(3)'",
  ],
  [
    "req.payload(0,0),mqtt_field_value(foo,bar) a",
    "invalid args in converter 'mqtt_field_value' : Unknown MQTT type 'foo' in ACL expression 'req.payload(0,0),mqtt_field_value(foo,bar)'",
  ],
  [
    "req.payload(0,0),mqtt_field_value(publish,topic) a",
    "invalid args in converter 'mqtt_field_value' : Unknown MQTT field name 'topic' for packet type 'publish' in ACL expression 'req.payload(0,0),mqtt_field_value(publish,topic)'",
  ],
  [
    "req.payload(0,0),add(1) 6",
    "converter 'add' cannot be applied in ACL expression 'req.payload(0,0),add(1)'",
  ],
  [
    "req.payload(0,0) -m int 5",
    "matching method 'int' cannot be used with fetch keyword 'req.payload'",
  ],
  ["src -m bogus a", "unknown matching method 'bogus' when parsing ACL expression"],
  [
    "src -q a",
    "'-q' is not a valid ACL option. Please use '--' before any pattern beginning with a '-'",
  ],
  ["src -u a 1.1.1.1", "the argument of -u must be an integer"],
  [
    "str(a),mul(x) 1",
    "invalid args in converter 'mul' : expects an integer or a variable name in ACL expression 'str(a),mul(x)'",
  ],
  [
    "str(a),word(0,x) a",
    "invalid args in converter 'word' : Unexpected value 0 for index in ACL expression 'str(a),word(0,x)'",
  ],
  [
    "bool(maybe) 1",
    "invalid args in fetch method 'bool' : Expects 'true', 'false', '0' or '1' in ACL expression 'bool(maybe)'",
  ],
  [
    "src,ipmask(33) 1.1.1.1",
    "invalid arg 1 in converter 'ipmask' : failed to parse '33' as type 'IPv4 mask' at position 1 in ACL expression 'src,ipmask(33)'",
  ],
  [
    "var(foo) a",
    "invalid args in fetch method 'var' : invalid variable name 'foo'. A variable name must be start by its scope. The scope can be 'proc', 'sess', 'txn', 'req', 'res' or 'check' in ACL expression 'var(foo)'",
  ],
];

describe("parseAcl()", () => {
  test.each(ACL_MESSAGES)("words its refusal of %s as HAProxy does", (line, expected) => {
    const result = parseAcl(words(`x ${line}`), 0, POSITION);
    expect(message(result)).toBe(`error detected while parsing ACL 'x' : ${expected}.`);
  });

  test.each([
    ["x! src 1.1.1.1", "character '!' is not permitted in acl name 'x!'."],
    [
      "or src 1.1.1.1",
      "acl name 'or' will never match. 'or' is used to express a logical disjunction within a condition.",
    ],
  ])("refuses the name of %s", (line, expected) => {
    expect(message(parseAcl(words(line), 0, POSITION))).toBe(expected);
  });

  test("says that HTTP is not served", () => {
    const result = parseAcl(words("x hdr(host) -i a"), 0, POSITION);
    expect(message(result)).toContain("fetch method 'hdr' is not served here");
  });

  test("reads flags, files, operators and patterns", () => {
    const line = words("fast src_port -i -f /etc/a -- gt 5 7 lt 3");
    expect(parseAcl(line, 0, POSITION)).toEqual({
      ok: true,
      next: line.length,
      value: {
        name: "fast",
        expression: { fetch: { name: "src_port", args: [] }, converters: [] },
        method: "int",
        ignoreCase: true,
        noResolve: false,
        files: ["/etc/a"],
        patterns: ["gt 5", "gt 7", "lt 3"],
        position: POSITION,
      },
    });
  });
});

describe("parseCondition()", () => {
  test.each([
    ["if { src", "missing closing '}' in condition"],
    ["if { src 1.1.1.1}", "missing closing '}' in condition"],
    ["if { }", "missing fetch method in ACL expression ''"],
    ["iff TRUE", "expects 'if' or 'unless' (got 'iff')"],
    ["if { bogus }", "unknown fetch method 'bogus' in ACL expression 'bogus'"],
  ])("refuses %s", (line, expected) => {
    expect(message(parseCondition(words(line), 0, POSITION))).toBe(expected);
  });

  test("joins by AND, and by OR at 'or' and '||'", () => {
    const result = parseCondition(words("unless a !b ! c or d || !{ src 1.1.1.1 }"), 0, POSITION);
    expect(result).toMatchObject({
      ok: true,
      value: {
        kind: "unless",
        anyOf: [
          [
            { negated: false, acl: "a" },
            { negated: true, acl: "b" },
            { negated: true, acl: "c" },
          ],
          [{ negated: false, acl: "d" }],
          [{ negated: true, acl: { method: "ip", patterns: ["1.1.1.1"] } }],
        ],
      },
    });
  });
});

describe("parseTcpRule()", () => {
  test.each<readonly [RuleSet, string]>([
    ["connection", "accept"],
    ["connection", "reject if TRUE"],
    ["connection", "expect-proxy layer4 if { src 10.0.0.0/8 }"],
    ["connection", "track-sc0 src table t"],
    ["session", "track-sc2 src,ipmask(24)"],
    ["content", "track-sc1 req.payload(0,0),mqtt_field_value(connect,username) table t"],
    ["session", "sc-inc-gpc0(1)"],
    ["session", "sc-inc-gpc1(2)"],
    ["session", "sc-inc-gpc(7,2)"],
    ["session", "sc-set-gpt0(0) 5"],
    ["session", "sc-set-gpt(3,1) src_port"],
    ["connection", "set-src src,ipmask(24)"],
    ["connection", "set-dst src"],
    ["content", "set-var(txn.a) src unless { req.len gt 3 }"],
    ["content", "unset-var(txn.a)"],
    ["content", "capture req.ssl_sni len 10"],
    ["content", "silent-drop"],
    ["response", "close if { res.len gt 3 }"],
  ])("%s: printTcpRule() writes what was read from %s", (ruleSet, line) => {
    const result = parseTcpRule(words(line), 0, ruleSet, POSITION);
    expect(result.ok ? printTcpRule(result.value) : result.message).toBe(line);
  });

  test.each<readonly [RuleSet, string, string]>([
    [
      "connection",
      "accept foo",
      "'tcp-request connection accept' only accepts 'if' or 'unless' (got 'foo')",
    ],
    ["connection", "track-sc0", "'tcp-request connection track-sc0' : missing fetch method"],
    [
      "connection",
      "track-sc3 src",
      "'tcp-request connection track-sc3' : 3 track-sc number exceeding 2 (MAX_SESS_STKCTR-1) value",
    ],
    [
      "connection",
      "track-sc0 req.len table b",
      "'tcp-request connection track-sc0' : fetch method 'req.len' extracts information from 'request buffer', none of which is available here",
    ],
    [
      "connection",
      "capture src len 10",
      "'capture src' is not allowed in 'tcp-request connection' rules",
    ],
    [
      "content",
      "capture src",
      "'tcp-request content capture' : a positive 'len' argument is mandatory",
    ],
    ["content", "capture src len 0", "'tcp-request content capture' : length must be > 0"],
    [
      "connection",
      "expect-proxy",
      "'tcp-request connection expect-proxy' only supports 'layer4' (got '')",
    ],
    [
      "content",
      "expect-proxy layer4",
      "'expect-proxy layer4' is not allowed in 'tcp-request content' rules",
    ],
    ["session", "sc-inc-gpc0(9)", "invalid stick table track ID. The max allowed ID is 2"],
    [
      "session",
      "sc-inc-gpc(0)",
      "Missing gpc ID 'sc-inc-gpc(0)'. Expects sc-inc-gpc(<GPC ID>,<Track ID>)",
    ],
    ["content", "set-nice 5", "'tcp-request content set-nice' is not served here"],
    [
      "connection",
      "reject if { src",
      "'tcp-request connection reject' : error detected while parsing 'if' condition : missing closing '}' in condition",
    ],
  ])("%s: refuses %s", (ruleSet, line, expected) => {
    expect(message(parseTcpRule(words(line), 0, ruleSet, POSITION))).toBe(expected);
  });

  test("lists the actions of the rule set and suggests the nearest", () => {
    const result = parseTcpRule(["rejekt"], 0, "response", POSITION);
    expect(result).toMatchObject({ ok: false, hint: "did you mean 'reject' maybe ?" });
    expect(message(result)).toContain("'tcp-response content' expects 'accept', 'reject', 'close'");
  });
});
