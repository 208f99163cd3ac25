// Random configurations: valid ones out of line templates, and noise out of known words.
import fc from "fast-check";
import { GLOBAL_TABLE, PROXY_TABLE } from "../../src/config/tables.ts";
import { SERVER_WORDS } from "../../src/config/keywords/server-words.ts";
import { BIND_WORDS } from "../../src/config/keywords/bind-words.ts";

const time = fc.constantFrom("1", "250ms", "5s", "90s", "3h", "0");
const natural = fc.nat({ max: 60_000 });
const port = fc.integer({ min: 1, max: 65_535 });
const text = fc
  .string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 })
  .map((value) => `'${value.replaceAll("'", "")}x'`);

function line(template: string): fc.Arbitrary<string> {
  const values = fc.record({ time, natural, port, text });
  return values.map((fill) =>
    template.replace(/<(time|natural|port|text)>/g, (_all, name: keyof typeof fill) =>
      String(fill[name]),
    ),
  );
}

function some(templates: readonly string[]): fc.Arbitrary<string> {
  return fc
    .subarray([...templates])
    .chain((chosen) => fc.tuple(...chosen.map(line)))
    .map((lines) => lines.map((words) => ` ${words}\n`).join(""));
}

const GLOBAL_LINES = [
  "maxconn <natural>",
  "daemon",
  "user nobody",
  "gid <port>",
  "log 127.0.0.1:<port> len 200 format rfc5424 sample 1,3-4:5 local3 info err",
  "log stdout format raw daemon",
  "stats socket /run/x mode 600 level admin user root",
  "stats timeout <time>",
  "tune.bufsize 32k",
  "ssl-default-bind-options no-tlsv10 no-tls-tickets",
  "ssl-default-server-ciphers <text>",
  "ssl-server-verify none",
  "description <text>",
  "hard-stop-after <time>",
  "spread-checks 7",
  "#tandem table-directory <text>",
];

const COMMON_LINES = [
  "log global",
  "log 10.0.0.1 local0",
  "log-tag <text>",
  "tcp-request inspect-delay <time>",
  "tcp-request inspect-limit <port>",
  "option tcplog",
  "option tcpka",
  "option nolinger",
];

const FRONTEND_LINES = [
  "bind :<port> accept-proxy name <text> tcp-ut <time>",
  "bind [::1]:<port> v6only ssl crt a.pem crt b.pem alpn h2,http/1.1 verify optional ca-file c",
  "bind :<port> ssl crt a.pem tls-ticket-keys <text>",
  "bind unix@/run/s mode 660 uid 3",
  "bind fd@4",
  "maxconn <natural>",
  "backlog <natural>",
  "rate-limit sessions <natural>",
  "timeout client <time>",
  "timeout client-fin <time>",
  "#tandem timeout client mqtt max 20d min <time>",
  "#tandem mqtt-set-username ssl_c_s_dn(cn) else keep if { src 10.0.0.0/8 }",
  "#tandem mqtt-set-username mqtt.username,lower",
  "#tandem option mqtt-websocket",
  "#tandem mqtt-limit keepalive max <time>",
  "#tandem mqtt-limit rate 5/m burst 7 by src ban <time>",
  "#tandem mqtt-limit takeover 5/m delay <time>",
  "option clitcpka",
  "clitcpka-idle 10",
  "log-format <text>",
  "acl lan src 10.0.0.0/8 192.168.0.1",
  "tcp-request connection reject if { src 1.2.3.4 }",
  "tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }",
  "use_backend pool if { dst_port 1883 } or { src 10.0.0.1 }",
  "default_backend pool",
  "stick-table type ip size 1k expire 30s store conn_rate(10s),gpc(2),gpc0",
];

const BACKEND_LINES = [
  "timeout connect <time>",
  "timeout server <time>",
  "timeout queue <time>",
  "#tandem mqtt-connect-rate 20/s burst 3",
  "balance leastconn",
  "balance random(3)",
  "balance hash src,ipmask(24)",
  "hash-type consistent djb2 avalanche",
  "hash-balance-factor 150",
  "retries <natural>",
  "option redispatch -2",
  "option tcp-check",
  "tcp-check connect port <port> ssl linger",
  "tcp-check send-binary 0a00ff comment <text>",
  "tcp-check expect min-recv 4 ! rstring ^a+$",
  "option httpchk GET <text>",
  "http-check send meth HEAD hdr Host <text> body <text>",
  "http-check expect status 200-299,301",
  "#tandem option mqtt-check version 5 username <text> password <text> publish t/<port> within 9 slow 7 slow-weight 20% ws",
  "stick-table type string len <port> size 10k expire <time> srvkey addr store server_id",
  "source 10.0.0.9:1000-2000 interface eth0",
  "fullconn <natural>",
  "no option pin-stick-entries",
  "default-server check inter 3s weight 7 on-marked-down shutdown-sessions",
  "server a 10.0.0.1:<port> check fall 5 rise 4 slowstart <time> maxconn 9 minconn 3",
  "server b b.example:<port> backup send-proxy-v2-ssl-cn proxy-v2-options crc32c non-stick",
  "server c [::1]:<port> ssl verify none sni str(x) check-sni <text> alpn h2 no-ssl-reuse",
  "server d 10.0.0.4:+10 check port <port> check-ssl verify none agent-check agent-port <port>",
  "server e unix@/run/e observe layer4 error-limit 3 on-error mark-down disabled cookie <text>",
  "server f ipv6@f.example id 77 init-addr last,none resolve-prefer ipv6 port <port>",
  "use-server a if { src 10.0.0.7 }",
  "load-server-state-from-file global",
];

const PAGE =
  "listen page\n mode http\n bind :9\n stats uri /s\n stats auth a:b\n stats refresh 5\n";
const PEERS =
  "peers pair\n bind :10000\n server lb1\n peer lb2 10.0.0.2:10000\n table t type ip size 5\n";
const USERS = "userlist u\n group g users x\n user x insecure-password 'a b' groups g\n";
const RESOLVERS = "resolvers r\n nameserver n 10.0.0.53:53\n hold valid 5s\n timeout retry 2s\n";

/** A valid file with random lines in it. */
export const configurationText: fc.Arbitrary<string> = fc
  .record({
    global: some(GLOBAL_LINES),
    defaults: some([...COMMON_LINES, "retries <natural>", "timeout tunnel <time>", "maxconn 7"]),
    front: some([...COMMON_LINES, ...FRONTEND_LINES]),
    both: some([...COMMON_LINES, "bind :<port>", "option logasap"]),
    pool: some([...COMMON_LINES, ...BACKEND_LINES.slice(0, 28)]),
    extra: fc.subarray([PAGE, PEERS, USERS, RESOLVERS]),
  })
  .map(({ global, defaults, front, both, pool, extra }) =>
    [
      `global\n${global}`,
      `defaults\n${defaults}`,
      `frontend front\n${front}`,
      `listen both\n${both}`,
      `backend pool\n${pool}`,
      ...extra,
    ].join(""),
  );

const KNOWN_WORDS = [
  ...["global", "defaults", "frontend f", "backend b", "listen l", "peers p", "userlist u"],
  ...PROXY_TABLE.keys(),
  ...GLOBAL_TABLE.keys(),
  ...SERVER_WORDS.keys(),
  ...BIND_WORDS.keys(),
  ...[
    "if",
    "{",
    "}",
    "src",
    "10.0.0.1:3",
    "3s",
    "x",
    "no",
    "''",
    "-1",
    ".if",
    ".endif",
    '"$A"',
    "from",
  ],
];

/** Lines of known words without sense. */
export const noisyText: fc.Arbitrary<string> = fc
  .array(fc.array(fc.constantFrom(...KNOWN_WORDS), { minLength: 1, maxLength: 6 }), {
    maxLength: 40,
  })
  .map((lines) => lines.map((words) => `${words.join(" ")}\n`).join(""));
