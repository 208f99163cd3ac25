import { describe, expect, test } from "vitest";
import type { AclDefinition } from "../../../src/rules/ast.ts";
import { compileCondition, compileSample, type Verdict } from "../../../src/rules/compile.ts";
import type { RuleContext } from "../../../src/rules/context.ts";
import { listConverters } from "../../../src/rules/converter/catalogue.ts";
import { listFetches } from "../../../src/rules/fetch/catalogue.ts";
import {
  conditionNeedsRequest,
  expressionNeedsRequest,
  expressionReferences,
  unknownAcls,
} from "../../../src/rules/needs.ts";
import { parseAcl, parseCondition } from "../../../src/rules/parse-condition.ts";
import { parseSampleExpression } from "../../../src/rules/parse-sample.ts";
import type { Fetched } from "../../../src/rules/sample.ts";
import type { PeerCertificate, TlsFacts } from "../../../src/session/mover.ts";
import { fakeContext, FakeEntry } from "./context.ts";
import { words } from "./words.ts";

const POSITION = { file: "t", line: 1 };

function expressionOf(text: string) {
  const result = parseSampleExpression(words(text), 0);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

function fetchOf(text: string, context: RuleContext = fakeContext()): Fetched {
  return compileSample(expressionOf(text))(context);
}

function conditionOf(text: string) {
  const result = parseCondition(words(text), 0, POSITION);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

function aclsOf(...lines: readonly string[]): Map<string, AclDefinition[]> {
  const acls = new Map<string, AclDefinition[]>();
  for (const line of lines) {
    const result = parseAcl(words(line), 0, POSITION);
    if (!result.ok) throw new Error(result.message);
    const name = result.value.name!;
    acls.set(name, [...(acls.get(name) ?? []), result.value]);
  }
  return acls;
}

function verdict(condition: string, bytes: string, final: boolean): Verdict {
  const context = fakeContext("", { request: { bytes: Buffer.from(bytes, "latin1"), final } });
  return compileCondition(conditionOf(condition), new Map())(context);
}

describe("compileCondition() while bytes may follow", () => {
  // Measured with `tcp-request inspect-delay` on HAProxy 2.6.12, except for the empty buffer.
  test.each<readonly [string, string, Verdict]>([
    ["if { req.len gt 10 }", "hello", "wait"],
    ["if { req.len lt 3 }", "hello", "wait"],
    ["if { req.len gt 3 }", "hello", true],
    ["unless { req.len gt 10 }", "hello", "wait"],
    ["if { req.payload(0,0) -m str abc }", "hello", "wait"],
    ["if { req.payload(0,0) -m str hello }", "hello", true],
    ["if !{ req.payload(0,0) -m sub abc }", "hello", "wait"],
    ["if { req.payload(0,3) -m str abc }", "hello", false],
    ["if { req.payload(0,9) -m str abc }", "hello", "wait"],
    ["if { req.payload(10,0) -m found }", "hello", "wait"],
    ["if { req.payload(5,0) -m found }", "hello", true],
    ["if { req.payload(0,0) -m found }", "", "wait"],
    ["if WAIT_END", "hello", "wait"],
    ["if !WAIT_END", "hello", "wait"],
    ["if FALSE WAIT_END", "hello", false],
    ["if WAIT_END FALSE", "hello", "wait"],
    ["if WAIT_END or TRUE", "hello", true],
    ["if FALSE or WAIT_END", "hello", "wait"],
    ["if { req.ssl_hello_type 1 }", "hello", false],
    ["if { req.ssl_hello_type 1 }", "", "wait"],
    ["if { req.ssl_hello_type 1 }", "\x16\x03\x01", "wait"],
    ["if { req.payload_lv(0,2) -m found }", "\0", "wait"],
    ["if { req.payload_lv(0,2) -m found }", "\0\x05abc", "wait"],
    ["if { req.payload_lv(0,2) -m found }", "\0\x03abc", true],
    ["if { req.payload(0,0),length 6 }", "HELLO", "wait"],
    ["if { req.payload(0,0),mqtt_is_valid }", "hello", false],
    ["if { req.payload(0,0),mqtt_is_valid }", "\x10", "wait"],
    ["if !{ req.payload(0,0),mqtt_is_valid }", "hello", true],
    ["unless { req.payload(0,0),mqtt_is_valid }", "", "wait"],
    ["if REQ_CONTENT", "", "wait"],
  ])("%s on %j is %s", (condition, bytes, expected) => {
    expect(verdict(condition, bytes, false)).toBe(expected);
    expect(verdict(condition, bytes, true)).toBeTypeOf("boolean");
  });

  test.each<readonly [string, string, Verdict]>([
    ["if { req.len gt 10 }", "hello", false],
    ["if { req.len gt 10 }", "", "wait"],
    ["if { req.payload(0,0) -m beg abc }", "hello", false],
    ["if { req.payload(0,9) -m str abc }", "hello", "wait"],
    ["if { req.payload(0,0),mqtt_is_valid }", "\x10", "wait"],
    ["if { req.ssl_hello_type 1 }", "\x16\x03\x01", "wait"],
  ])("behind the inspection %s on %j is %s", (condition, bytes, expected) => {
    const request = { bytes: Buffer.from(bytes, "latin1"), final: false };
    const context = fakeContext("", { request, isInspected: true });
    expect(compileCondition(conditionOf(condition), new Map())(context)).toBe(expected);
  });

  test("is final about an empty buffer once no bytes will come", () => {
    expect(verdict("unless { req.payload(0,0),mqtt_is_valid }", "", true)).toBe(true);
    expect(verdict("if WAIT_END", "", true)).toBe(true);
  });
});

describe("compileCondition()", () => {
  test("takes an ACL that is given twice for either", () => {
    const acls = aclsOf("lan src 10.0.0.0/8", "lan src 127.0.0.0/8");
    expect(compileCondition(conditionOf("if lan"), acls)(fakeContext())).toBe(true);
    expect(compileCondition(conditionOf("if !lan"), acls)(fakeContext())).toBe(false);
  });

  test("reads the patterns of a file, comments aside", () => {
    const acls = aclsOf("lan src -f /lan.lst");
    const read = (path: string) =>
      path === "/lan.lst" ? ["# the lan", "", "  127.0.0.0/8", "10.0.0.0/8\r"] : undefined;
    expect(compileCondition(conditionOf("if lan"), acls, read)(fakeContext())).toBe(true);
    expect(compileCondition(conditionOf("if lan"), acls)(fakeContext())).toBe(false);
  });

  test("knows the predefined ACLs of TCP", () => {
    expect(verdict("if TRUE LOCALHOST !FALSE", "", true)).toBe(true);
    expect(unknownAcls(conditionOf("if TRUE mine or METH_GET"), new Map())).toEqual([
      "mine",
      "METH_GET",
    ]);
  });

  test("matches nothing without terms", () => {
    expect(verdict("if", "", true)).toBe(false);
    expect(verdict("unless", "", true)).toBe(true);
  });
});

describe("compileSample()", () => {
  test("looks up maps, the narrowest network first", () => {
    const lines = ["10.0.0.0/8 wide", "127.0.0.0/8 loop", "127.0.0.1 one # two", "word 7"];
    const map = (text: string): Fetched =>
      compileSample(expressionOf(text), () => lines)(fakeContext());
    expect(map("src,map_ip(/m)")).toEqual({ type: "str", value: "one # two" });
    expect(map("str(word),map_str_int(/m)")).toEqual({ type: "int", value: 7 });
    expect(map("str(other),map(/m)")).toBe("none");
    expect(map("str(other),map(/m,x)")).toEqual({ type: "str", value: "x" });
    expect(map("str(wordy),map_beg(/m)")).toEqual({ type: "str", value: "7" });
  });

  test("reads tracked and looked up counters", () => {
    const entry = new FakeEntry("t", { conn_cur: 3, bytes_in_cnt: 5_000, gpc: 1, "gpc[1]": 9 });
    const context = fakeContext("", {
      tracked: (counter) => (counter === 1 ? entry : undefined),
      tables: { lookup: (table) => (table === "t" ? entry : undefined) },
    });
    expect(fetchOf("sc1_conn_cur", context)).toEqual({ type: "int", value: 3 });
    expect(fetchOf("sc_conn_cur(1)", context)).toEqual({ type: "int", value: 3 });
    expect(fetchOf("sc_conn_cur(0)", context)).toBe("none");
    expect(fetchOf("sc1_conn_cnt", context)).toBe("none");
    expect(fetchOf("sc1_kbytes_in", context)).toEqual({ type: "int", value: 4 });
    expect(fetchOf("sc_get_gpc(1,1)", context)).toEqual({ type: "int", value: 9 });
    expect(fetchOf("src_conn_cur(t)", context)).toEqual({ type: "int", value: 3 });
    expect(fetchOf("src_conn_cur(u)", context)).toEqual({ type: "int", value: 0 });
    expect(fetchOf("src,table_conn_cur(t)", context)).toEqual({ type: "int", value: 3 });
    expect(fetchOf("sc1_inc_gpc0", context)).toEqual({ type: "int", value: 2 });
    expect(fetchOf("sc1_clr_gpc0", context)).toEqual({ type: "int", value: 2 });
    expect(fetchOf("sc1_get_gpc0", context)).toEqual({ type: "int", value: 0 });
    expect(fetchOf("sc1_conn_cur(u)", context)).toBe("none");
  });

  test("creates the client's entry only to count", () => {
    const entry = new FakeEntry("t", { gpc0: 0 });
    const tables = { lookup: () => undefined, lookupOrCreate: () => entry };
    expect(fetchOf("src_get_gpc0(t)", fakeContext("", { tables }))).toMatchObject({ value: 0 });
    expect(fetchOf("src_inc_gpc0(t)", fakeContext("", { tables }))).toMatchObject({ value: 1 });
  });

  test("reads TLS facts and the client's certificate", () => {
    const peer: PeerCertificate = {
      commonName: "dev-1",
      subject: "/C=DE/O=A/B Ltd/CN=dev-1/CN=second",
      issuer: "/CN=root",
      serial: "0ABC",
      notBefore: "250101000000Z",
      notAfter: "350101000000Z",
      sha1: new Uint8Array(20),
      der: Uint8Array.of(0x30),
    };
    const tls: TlsFacts = {
      protocol: "TLSv1.3",
      cipher: "TLS_AES_256_GCM_SHA384",
      serverName: "mqtt.example",
      resumed: false,
      verifyResult: 0,
      peer,
    };
    const context = fakeContext("", { tls });
    expect(fetchOf("ssl_fc", context)).toMatchObject({ value: true });
    expect(fetchOf("ssl_bc", context)).toMatchObject({ value: false });
    expect(fetchOf("ssl_fc_sni", context)).toMatchObject({ value: "mqtt.example" });
    expect(fetchOf("ssl_c_s_dn(cn)", context)).toMatchObject({ value: "dev-1" });
    expect(fetchOf("ssl_c_s_dn(OU)", context)).toBe("none");
    expect(fetchOf("ssl_c_s_dn(CN)", context)).toMatchObject({ value: "dev-1" });
    expect(fetchOf("ssl_c_s_dn(CN,-1)", context)).toMatchObject({ value: "second" });
    expect(fetchOf("ssl_c_s_dn(O)", context)).toMatchObject({ value: "A/B Ltd" });
    expect(fetchOf("ssl_c_serial,hex", context)).toMatchObject({ value: "0ABC" });
    expect(fetchOf("ssl_c_verify", context)).toMatchObject({ value: 0 });
    expect(fetchOf("ssl_c_used", fakeContext())).toBe("none");
  });

  test("takes randomness, time and variables from the context", () => {
    const context = fakeContext("", { variables: new Map([["txn.n", { type: "int", value: 4 }]]) });
    expect(fetchOf("rand(10)", context)).toEqual({ type: "int", value: 5 });
    expect(fetchOf("date(-10)", context)).toEqual({ type: "int", value: 1_699_999_990 });
    expect(fetchOf("int(3),add(txn.n)", context)).toEqual({ type: "int", value: 7 });
    expect(fetchOf("int(3),add(txn.absent)", context)).toBe("none");
    expect(fetchOf("str(a),concat(-,txn.n,.)", context)).toEqual({ type: "str", value: "a-4." });
  });

  test("reads a server name in the bytes of UTF-8", () => {
    const context = fakeContext("", { frontend: { name: "käse", id: 1 } });
    expect(fetchOf("fe_name,length", context)).toEqual({ type: "int", value: 5 });
  });
});

describe("needs", () => {
  test("expressionNeedsRequest() and conditionNeedsRequest() know what reads first bytes", () => {
    expect(expressionNeedsRequest(expressionOf("req.payload(0,0),mqtt_is_valid"))).toBe(true);
    expect(expressionNeedsRequest(expressionOf("src"))).toBe(false);
    const acls = aclsOf("mqtt req.payload(0,0),mqtt_is_valid");
    expect(conditionNeedsRequest(conditionOf("if LOCALHOST mqtt"), acls)).toBe(true);
    expect(conditionNeedsRequest(conditionOf("if WAIT_END"), acls)).toBe(true);
    expect(conditionNeedsRequest(conditionOf("if LOCALHOST"), acls)).toBe(false);
  });

  test("expressionReferences() names tables, proxies and servers", () => {
    const references = (text: string) => expressionReferences(expressionOf(text));
    expect(references("nbsrv(be)")).toEqual([
      { kind: "backend", name: "be", keyword: "nbsrv", argument: 1 },
    ]);
    expect(references("src_conn_rate")).toEqual([
      { kind: "table", keyword: "src_conn_rate", argument: 1 },
    ]);
    expect(references("sc0_conn_rate")).toEqual([]);
    expect(references("src,table_gpc(1,t)")).toMatchObject([{ name: "t", argument: 2 }]);
  });
});

describe("catalogues", () => {
  test.each([
    ["fetch", listFetches()],
    ["converter", listConverters()],
  ] as const)("each %s has one row and a description", (_, rows) => {
    const names = rows.flatMap((row) => row.names);
    expect(new Set(names).size).toBe(names.length);
    for (const row of rows) expect(row.description).toMatch(/^\S.*\.$/);
  });
});
