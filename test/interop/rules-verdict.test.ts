// The installed HAProxy and `compileCondition` judge the same conditions over the same first bytes,
// once no more bytes can come: casts, converters, matching methods, quoting of arguments.
import net from "node:net";
import { describe, expect, test } from "vitest";
import { compileCondition } from "../../src/rules/compile.ts";
import { parseCondition } from "../../src/rules/parse-condition.ts";
import { endLater } from "../support/cleanup.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { freePort } from "../support/ports.ts";
import { has, skipReason } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import { fakeContext } from "../unit/rules/context.ts";
import { words } from "../unit/rules/words.ts";

const missing = has("haproxy") ? "" : ` (${skipReason("haproxy")})`;

const EMPTY = "";

/** First bytes, latin1, and the insides of anonymous ACLs judged with them. */
const CASES: readonly (readonly [string, readonly string[]])[] = [
  [
    EMPTY,
    [
      "'str(\"a\\2b\")' -m str 'a\\2b'",
      "'str(a\\2b)' -m str 'a\\2b'",
      "'str(\"a\\\\b\")' -m str 'a\\b'",
      "'str(\"a\\nb\"),length' 3",
      "'str(\"a\\\"b\")' -m str 'a\"b'",
      "'str(a\\nb),length' 3",
      "'str(a\\qb),length' 4",
      "'str(a\\qb),length' 3",
      "'str(\"a,b\")' -m str a,b",
      "'str(\"a b\"c)' -m str 'a bc'",
      "'str( a ),length' 3",
      "str(12abc),add(0) 12",
      "str(abc),add(0) 0",
      "str(-5),add(0) -- -5",
      "str(12abc) -m int 12",
      "str(),add(0) 0",
      "str(1) -m bool 1",
      "str(true) -m bool 1",
      "bool(true) -m str 1",
      "bool(true),length 1",
      "src -m str 127.0.0.1",
      "src,length 9",
      "src,hex -m str 7F000001",
      "int(5),hex -m str 0000000000000005",
      "src,add(0) 2130706433",
      "int(2130706433) -m ip 127.0.0.1",
      "str(127.0.0.1) -m ip 127.0.0.0/8",
      "str(::1) -m ip ::1",
      "src -m ip ::ffff:127.0.0.1",
      "src -m ip ::ffff:127.0.0.0/104",
      "ipv6(::ffff:127.0.0.1) -m ip 127.0.0.1",
      "str(abc) -m dir abc",
      "str(a/abc/d) -m dir abc",
      "str(a?abc/d) -m dir abc",
      "str(a/abc/d) -m dir /abc/",
      "str(a.abc.d) -m dom abc",
      "str(a.abc:d) -m dom abc",
      "str(a.abc.d) -m dom abc.d",
      "str(a.abc.d) -m dom .abc.",
      "str(xabc) -m dom abc",
      "str(ABC) -m str -i abc",
      "str(ABC) -m sub -i b",
      "str(ABC) -m reg -i b",
      "str() -m found",
      "str(abc) -m len 2:4",
      "int(5) gt 3",
      "int(5) gt 7 lt 6",
      "int(5) :5",
      "int(5) 5:",
      "int(5) -m str 5",
      "int(-5) lt 0",
      "int(5),div(0) 9223372036854775807",
      "int(5),mod(0) 0",
      "int(-7),div(2) -- -3",
      "int(-7),mod(2) -- -1",
      "int(9223372036854775807),add(1) 9223372036854775807",
      "int(5),cpl -- -6",
      "int(5),bool",
      "int(5),not -m bool 0",
      "int(5),neg -- -5",
      "int(5),even",
      "int(5),odd",
      "int(5),and(4) 4",
      "int(5),or(2) 7",
      "int(5),xor(1) 4",
      "str(abc),field(1,b) -m str a",
      "str(a.b.c),field(-1,.) -m str c",
      "str(a.b.c),field(2,.,0) -m str b.c",
      "str(a.b.c),field(2,.,2) -m str b.c",
      "str(a..c),field(2,.) -m found",
      "str(a..c),field(5,.) -m found",
      "str(a.b.c.d),field(-2,.,2) -m str b.c",
      "str(a.b.c.d),field(-2,.,0) -m str a.b.c",
      "str(..a..b..),word(1,.) -m str a",
      "str(..a..b..),word(2,.) -m str b",
      "str(..a..b..),word(-1,.) -m str b",
      "str(..a..b..c),word(1,.,2) -m str a..b",
      "str(..a..b..c..),word(2,.,0) -m str b..c..",
      "str(..a..b..c..),word(-2,.,2) -m str a..b",
      "str(..a..b..c..),word(-1,.,0) -m str ..a..b..c",
      "str(..a..b..c..),word(9,.) -m found",
      "str(abc),crc32 891568578",
      "str(abc),crc32(1) 891568578",
      "str(abc),djb2 193485963",
      "str(abc),sdbm 807794786",
      "str(abc),crc32c 910901175",
      "str(abc),bytes(1) -m str bc",
      "str(abc),bytes(1,1) -m str b",
      "str(abc),bytes(5) -m found",
      "str(abc),bytes(1,9) -m str bc",
      "str(a),concat(b) -m str ab",
      "'str(a),concat(b,txn.x,c)' -m str abc",
      "src,ipmask(24) 127.0.0.0",
      "ipv6(2001:db8:1:2::1),ipmask(24,48) 2001:db8:1::",
      "ipv6(2001:db8:1:2::1),ipmask(24) 2001:db8:1:2::1",
      "src,ipmask(255.255.0.0) 127.0.0.0",
      "int(1),iif(yes,no) -m str yes",
      "bool(0),iif(yes,no) -m str no",
      "str(xxaxx),ltrim(x) -m str axx",
      "str(xxaxx),rtrim(x) -m str xxa",
      "str(abc),hex -m str 616263",
      "str(abc),hex2i 2748",
      "str(616263),b64dec -m found",
      "str(YWJj),b64dec -m str abc",
      "str(abc),base64 -m str YWJj",
      "'str(a%20b+c),url_dec' -m str 'a b c'",
      "'str(a%20b+c),url_dec(1)' -m str 'a b c'",
      "'str(a%zz),url_dec' -m found",
      "str(abc),sha1,hex -m str A9993E364706816ABA3E25717850C26C9CD0D89D",
      "str(abc),sha2(224),hex -m beg 23097D",
      "str(abc),sha2,hex -m beg BA7816BF",
      "'str(hello),regsub(l,L)' -m str heLlo",
      "'str(hello),regsub(l,L,g)' -m str heLLo",
      "'str(hello),regsub(L,x,gi)' -m str hexxo",
      '\'str(hello),regsub("h(e)l","\\1\\1")\' -m str eelo',
      "'str(hello),regsub(zz,x)' -m str hello",
      "bin(00ff01020304),be2dec(-,2) -m str 255-258-772",
      "bin(00ff01020304),be2hex(-,2) -m str 00FF-0102-0304",
      "bin(00ff01020304),be2hex -m str 00FF01020304",
      "bin(00ff010203),be2hex(-,2) -m str 00FF-0102-03",
      "bin(00ff010203),be2hex(-,2,1) -m str 00FF-0102",
      "bin(00ff010203),be2dec(-,2,1) -m str 255-258",
      "bin(00ff010203),be2dec(-,2) -m str 255-258-3",
      "int(1),htonl,hex -m str 00000001",
      "int(1),htonl -m bin 00000001",
      "str(abc),wt6 -m found",
      "str(-3),mul(2) -- -6",
      "always_true -m found",
      "always_false -m found",
      "always_true",
      "always_true 0",
      "always_true foo",
      "always_false foo",
      "src -m found",
      "src_port -m bool",
      "int(5) -m bool",
      "srv_id -m found",
      "env(NOSUCH) -m found",
      "var(txn.x) -m found",
      "var(txn.x,abc) -m str abc",
      "ssl_fc",
      "ssl_fc_sni -m found",
      "ssl_c_used -m found",
      "ssl_fc_has_crt -m found",
      "ssl_c_verify -m found",
      "ssl_fc_protocol -m found",
      "be_conn_free(b) -- -1",
      "connslots(b) -- -1",
      "queue(b) 0",
      "avg_queue(b) 0",
      "srv_conn_free(b/s) -- -1",
      "nbproc 1",
      "proc 1",
      "src_conn_cur(t) 0",
      "src_get_gpc0(t) -m found",
      "sc0_conn_cur -m found",
      "sc0_tracked",
      "sc0_tracked -m found",
      "src,in_table(t)",
      "src,table_conn_cur(t) 0",
      "src,table_gpc0(t) -m found",
      "nbsrv(b) 1",
      "srv_is_up(b/s)",
      "queue(b) 0",
      "rand(5) lt 5",
      "be_conn_free(b) -- -1",
      "ssl_fc -m found",
      "dst_is_local",
      "be_name -m found",
      "srv_id -m found",
      "always_true foo",
      "src 127.0.0.0/8 10.0.0.0/8",
      "src -n 127.0.0.1",
      "str(aXb) -m reg ^a.b$",
      "str(aXb) -m reg -i ^AxB$",
      "str(a1b) -m reg a[[:digit:]]b",
      "str(abc) -m end bc",
      "str(abc) -m sub x b",
      "int(7) 1:5 7",
      "int(7) 1:5 8",
      "int(7) eq 7",
      "int(7) ge 8",
      "int(7) le 7",
      "int(0) 0",
    ],
  ],
  [
    "a\u0000b",
    [
      "req.payload(0,0),length 3",
      "req.payload(0,0) -m len 3",
      "req.payload(0,0) -m beg a",
      "req.payload(0,0) -m end b",
      "req.payload(0,0),hex -m str 610062",
      "req.payload(0,0) -m bin 610062",
      "req.payload(0,0) -m bin -i 610062",
    ],
  ],
  ["A\u0000B", ["req.payload(0,0),lower -m beg a", "req.payload(0,0),lower,length 3"]],
  ["ab", ["req.payload(0,0),concat(x) -m str abx"]],
  [
    "hello",
    [
      "req.len 5",
      "req.len gt 5",
      "req.payload(1,3) -m str ell",
      "req.payload(1,0) -m str ello",
      "req.payload(5,0) -m found",
      "req.payload(6,0) -m found",
      "req.payload(3,5) -m found",
      "req.ssl_hello_type -m found",
      "req.ssl_sni -m found",
      "req.payload(0,0),mqtt_is_valid",
      "req.payload(0,0),mqtt_is_valid -m found",
      "req.payload(0,0),field(1,l) -m str he",
      "req.payload(0,0),bytes(1,2),hex -m str 656C",
      "req.payload(0,0),sha1,hex -m beg AAF4C6",
      "req.payload(0,0),crc32 907060870",
    ],
  ],
  [
    "\u0000\u0003abc\u0005de",
    [
      "req.payload_lv(0,2) -m str abc",
      "req.payload_lv(0,2,+1) -m found",
      "req.payload_lv(0,2,3) -m found",
      "req.payload_lv(5,1) -m found",
      "req.payload_lv(1,1) -m str abc",
    ],
  ],
  [
    "\u0010\u000e\u0000\u0004MQTT\u0004\u0002\u0000<\u0000\u0002c1",
    [
      "req.payload(0,0),mqtt_is_valid",
      "req.payload(0,0),mqtt_field_value(connect,client_identifier) c1",
      "req.payload(0,0),mqtt_field_value(1,keepalive) 60",
      "req.payload(0,0),mqtt_field_value(CONNECT,flags) 2",
      "req.payload(0,0),mqtt_field_value(connect,flags) 2",
      "req.payload(0,0),mqtt_field_value(connect,username) -m found",
      "req.payload(0,0),mqtt_field_value(connack,flags) -m found",
      "req.payload(0,0),mqtt_field_value(connect,client_identifier),upper C1",
    ],
  ],
];

async function startSink(): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.resume();
    socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endLater(() => new Promise((resolve) => server.close(() => resolve())));
  return (server.address() as net.AddressInfo).port;
}

function ourVerdict(acl: string, bytes: string): string {
  const condition = parseCondition(words(`if { ${acl} }`), 0, { file: "t", line: 1 });
  if (!condition.ok) return condition.message;
  return String(compileCondition(condition.value, new Map())(fakeContext(bytes)));
}

/** One frontend for each buffer; a half-closed connection makes every answer final. */
function configFor(ports: readonly number[], sink: number): string {
  const frontends = CASES.map(([, acls], i) => {
    const rules = acls.map(
      (acl, at) => `  tcp-request content set-var(txn.r${at}) bool(true) if { ${acl} }`,
    );
    return `frontend f${i}
  bind 127.0.0.1:${ports[i]!}
  log-format verdicts${i}=${acls.map((_, at) => `%[var(txn.r${at})]`).join("|")}|end
  tcp-request inspect-delay 10s
  tcp-request content accept if !WAIT_END
${rules.join("\n")}
  default_backend b
`;
  });
  return `global
  log stdout len 8192 format raw local0
defaults
  mode tcp
  log global
  timeout client 10s
  timeout server 10s
  timeout connect 5s
backend b
  server s 127.0.0.1:${sink}
backend t
  stick-table type ip size 1k expire 1m store conn_cur,gpc0
${frontends.join("")}`;
}

describe(`conditions${missing}`, () => {
  test.skipIf(!has("haproxy"))("compileCondition() judges as HAProxy does", async () => {
    const sink = await startSink();
    const ports = await Promise.all(CASES.map(() => freePort()));
    const haproxy = await startHaproxy({ config: configFor(ports, sink) });
    for (const [i, [bytes, acls]] of CASES.entries()) {
      const socket = net.connect({ port: ports[i]!, host: "127.0.0.1", allowHalfOpen: true });
      socket.on("error", () => undefined);
      socket.resume();
      socket.end(Buffer.from(bytes, "latin1"));
      const line = await waitFor(
        () => new RegExp(`verdicts${i}=(.*)\\|end`).exec(haproxy.process.output())?.[1],
        { what: () => `verdicts ${i} in ${haproxy.process.output()}` },
      );
      socket.destroy();
      const verdicts = line.split("|");
      const theirs = acls.map((acl, at) => `${acl}: ${verdicts[at] === "1"}`);
      const ours = acls.map((acl) => `${acl}: ${ourVerdict(acl, bytes)}`);
      expect(ours).toEqual(theirs);
    }
  });
});
