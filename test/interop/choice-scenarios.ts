// What HAProxy and Tandem are both put through as whole processes. The core's own scenarios, many
// more, stand in balance-scenarios.ts.
import { generate } from "mqtt-packet";
import type { Arrival, ChoiceStep, ScenarioPorts } from "./choice-harness.ts";

/** Sections of a configuration and the visitors that come. */
export interface ChoiceScenario {
  readonly name: string;
  /**
   * The sections; `id` makes their names its own. `s1` to `s5` are addresses of servers, written
   * as `@s1`, and `@first` and `@second` the scenario's own.
   */
  readonly sections: (id: string) => string;
  readonly steps: readonly ChoiceStep[];
}

const visit = (arrival: Arrival = {}): ChoiceStep => ({ kind: "visit", ...arrival });
const hold = (arrival: Arrival = {}): ChoiceStep => ({ kind: "hold", ...arrival });
const queue: ChoiceStep = { kind: "queue" };
const drop = (rank: number): ChoiceStep => ({ kind: "drop", rank });
const times = (count: number, ...steps: ChoiceStep[]): ChoiceStep[] =>
  Array.from({ length: count }, () => steps).flat();

const listen = (...lines: string[]) => {
  return (id: string): string =>
    `listen ${id}\n${["bind @first", ...lines].map((line) => `  ${line}\n`).join("")}`;
};

const server = (name: string, words = ""): string => `server ${name} @${name} ${words}`;
const servers = (...words: string[]): string[] => words.map((text, i) => server(`s${i + 1}`, text));

/** Comings and goings that look like chance but are always the same. */
function traffic(seed: number, count: number): ChoiceStep[] {
  let state = seed;
  let stayCount = 0;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const pick = Math.floor(state / 65_536) % 100;
    if (pick >= 60 && stayCount > 0) {
      stayCount -= 1;
      return drop(pick);
    }
    if (pick >= 45) return visit();
    stayCount += 1;
    return hold();
  });
}

const counting: ChoiceScenario[] = [
  {
    name: "roundrobin with weights",
    sections: listen("balance roundrobin", ...servers("weight 1", "weight 3", "weight 7")),
    steps: times(44, visit()),
  },
  {
    name: "roundrobin with slots and a queue",
    sections: listen("balance roundrobin", ...servers("maxconn 1", "maxconn 2 weight 2")),
    steps: [...times(3, hold()), ...times(4, queue), ...times(4, drop(1)), drop(0), hold()],
  },
  {
    name: "roundrobin with a server that refuses",
    sections: listen(
      "balance roundrobin",
      "option redispatch 1",
      ...servers("weight 2", "weight 3", "weight 2"),
    ),
    steps: [
      ...times(5, visit()),
      { kind: "server", name: "s2", listens: false },
      ...times(9, visit()),
      { kind: "server", name: "s2", listens: true },
      ...times(9, visit()),
    ],
  },
  {
    name: "static-rr with weights",
    sections: listen("balance static-rr", ...servers("weight 5", "weight 1", "weight 3")),
    steps: times(30, visit()),
  },
  {
    name: "leastconn with long connections",
    sections: listen("balance leastconn", ...servers("", "weight 3", "weight 2", "")),
    steps: [...times(11, hold()), ...traffic(7, 60)],
  },
  {
    name: "first with maxconn",
    sections: listen("balance first", ...servers("maxconn 2 id 9", "maxconn 3 id 4", "maxconn 1")),
    steps: [...times(6, hold()), queue, queue, drop(2), drop(0), drop(1), hold(), drop(4), hold()],
  },
  {
    name: "backups one at a time",
    sections: listen("balance roundrobin", ...servers("disabled", "backup", "backup")),
    steps: times(5, visit()),
  },
  {
    name: "all backups",
    sections: listen(
      "balance roundrobin",
      "option allbackups",
      ...servers("disabled", "backup weight 2", "backup"),
    ),
    steps: times(7, visit()),
  },
];

const connect = (clientId: string, more: object = {}): Buffer =>
  generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    clientId,
    ...more,
  });

const addresses = Array.from({ length: 16 }, (_, i) => `127.0.${i % 3}.${i * 13 + 2}`);
const devices = Array.from({ length: 16 }, (_, i) => `device-${i * i}-${"x".repeat(i)}`);

/** HAProxy has passed the first bytes on by the time it balances: only a variable keeps them. */
const keyed = (expression: string): string[] => [
  "tcp-request inspect-delay 10s",
  "tcp-request content reject if !{ req.len gt 0 }",
  `tcp-request content set-var(txn.key) ${expression}`,
  "balance hash var(txn.key)",
];

interface HashKey {
  readonly name: string;
  readonly lines: readonly string[];
  readonly steps: readonly ChoiceStep[];
}

const hashKeys: HashKey[] = [
  {
    name: "hash src",
    lines: ["balance hash src"],
    steps: addresses.map((from) => visit({ from })),
  },
  {
    name: "hash first bytes",
    lines: keyed("req.payload(0,0)"),
    steps: devices.map((text) => visit({ send: Buffer.from(text) })),
  },
  {
    name: "hash MQTT client id",
    lines: keyed("req.payload(0,0),mqtt_field_value(connect,client_identifier)"),
    steps: devices.map((id) => visit({ send: connect(id) })),
  },
  {
    name: "source",
    lines: ["balance source"],
    steps: addresses.map((from) => visit({ from })),
  },
];

const hashing: ChoiceScenario[] = hashKeys.flatMap(({ name, lines, steps }) =>
  ["map-based", "consistent"].flatMap((method) =>
    ["sdbm", "djb2", "wt6 avalanche", "crc32"].map((hash) => ({
      name: `${name}, ${method} ${hash}`,
      sections: listen(
        ...lines,
        `hash-type ${method} ${hash}`,
        ...servers("", "weight 2", "weight 5"),
      ),
      steps,
    })),
  ),
);

/** A frontend that chooses among the backends `one`, `two` and `three`, each with a server. */
const choosing = (...lines: string[]) => {
  return (id: string): string =>
    [
      `frontend ${id}\n  bind @first\n  bind @second\n`,
      ...lines.map((line) => `  ${line.replaceAll("$", `${id}-`)}\n`),
      `  default_backend ${id}-three\n`,
      `backend ${id}-one\n  server s1 @s1\n  server s4 @s4 disabled\n`,
      `backend ${id}-two\n  server s2 @s2\n`,
      `backend ${id}-three\n  server s3 @s3\n`,
    ].join("");
};

const INSPECT = "tcp-request inspect-delay 5s";

/** A TLS 1.2 ClientHello with a server name. */
function clientHello(serverName: string): Buffer {
  const name = Buffer.from(serverName);
  const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
  const entry = Buffer.concat([Buffer.from([0]), u16(name.length), name]);
  const list = Buffer.concat([u16(entry.length), entry]);
  const extension = Buffer.concat([u16(0), u16(list.length), list]);
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    Buffer.from([0, 0, 2, 0xc0, 0x2f, 1, 0]),
    u16(extension.length),
    extension,
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  return Buffer.concat([Buffer.from([22, 3, 1]), u16(handshake.length), handshake]);
}

const choices: ChoiceScenario[] = [
  {
    name: "use_backend by source address",
    sections: choosing(
      "acl near src 127.0.1.0/24 127.0.9.9",
      "use_backend $one if near",
      "use_backend $two if { src 127.0.2.0/24 } !near",
    ),
    steps: ["127.0.1.5", "127.0.2.5", "127.0.3.5", "127.0.9.9"].map((from) => visit({ from })),
  },
  {
    name: "use_backend by destination port",
    sections: choosing("use_backend $two if { dst_port @second-port }"),
    steps: [visit(), visit({ secondPort: true }), visit()],
  },
  {
    name: "use_backend by the number of servers",
    sections: choosing(
      "use_backend $two if { nbsrv($one) gt 1 }",
      "use_backend $one if { nbsrv($one) eq 1 }",
    ),
    steps: [visit()],
  },
  {
    name: "use_backend by the length of what came",
    sections: choosing(
      INSPECT,
      "tcp-request content accept if { req.len ge 3 }",
      "use_backend $one if { req.len ge 10 }",
      "use_backend $two if { req.len 3:9 }",
    ),
    steps: [3, 9, 10, 400].map((length) => visit({ send: Buffer.alloc(length, "z") })),
  },
  {
    name: "use_backend by fields of MQTT",
    sections: choosing(
      INSPECT,
      "acl read req.payload(0,0),mqtt_is_valid",
      "tcp-request content reject unless read",
      "use_backend $one if { req.payload(0,0),mqtt_field_value(connect,username) -m beg ad }",
      "use_backend $two if { req.payload(0,0),mqtt_field_value(connect,protocol_version) 5 }",
    ),
    steps: [
      visit({ send: connect("a", { username: "admin" }) }),
      visit({ send: connect("b", { username: "bob" }) }),
      visit({ send: connect("c", { protocolVersion: 5 }) }),
      visit({ send: Buffer.from("GET / HTTP/1.0\r\n\r\n") }),
      visit({ send: connect("d", { keepalive: 7 }) }),
    ],
  },
  {
    name: "use_backend by server name of TLS",
    sections: choosing(
      INSPECT,
      "tcp-request content accept if { req.ssl_hello_type 1 }",
      "use_backend $one if { req.ssl_sni -i one.example }",
      "use_backend $two if { req.ssl_sni -m end .two.example }",
    ),
    steps: ["one.example", "ONE.example", "a.two.example", "two.example", "x"].map((name) =>
      visit({ send: clientHello(name) }),
    ),
  },
  {
    name: "use-server with conditions",
    sections: listen(
      "balance roundrobin",
      "use-server s3 if { src 127.0.1.0/24 }",
      "use-server s2 unless { src 127.0.0.0/8 }",
      "use-server s4 if { src 127.0.2.0/24 }",
      ...servers("", "", "weight 0", "disabled"),
    ),
    steps: ["127.0.1.5", "127.0.1.6", "127.0.2.5", "127.0.0.1", "127.0.2.5"].map((from) =>
      visit({ from }),
    ),
  },
];

const restart = (name: string, ...between: ChoiceStep[]): ChoiceStep[] => [
  { kind: "server", name, listens: false },
  ...between,
  { kind: "server", name, listens: true },
];

const sticking: ChoiceScenario[] = [
  {
    name: "stick on src over the restart of a server",
    sections: listen(
      "balance roundrobin",
      "option redispatch 1",
      "stick-table type ip size 1k expire 1h",
      "stick on src",
      ...servers("", "", ""),
    ),
    steps: [
      ...addresses.slice(0, 6).map((from) => visit({ from })),
      ...addresses.slice(0, 6).map((from) => visit({ from })),
      ...restart("s2", ...addresses.slice(0, 6).map((from) => visit({ from }))),
      ...addresses.slice(0, 8).map((from) => visit({ from })),
    ],
  },
  {
    name: "stick on the MQTT client id over the restart of a server",
    sections: listen(
      "balance leastconn",
      "option redispatch 1",
      "stick-table type string len 32 size 1k expire 1h",
      INSPECT,
      "tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }",
      "stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)",
      ...servers("", "", ""),
    ),
    steps: [
      ...devices.slice(0, 7).map((id) => hold({ send: connect(id) })),
      ...devices.slice(0, 7).map((id) => visit({ send: connect(id) })),
      ...restart("s3", ...devices.slice(0, 7).map((id) => visit({ send: connect(id) }))),
      ...devices.slice(0, 9).map((id) => visit({ send: connect(id) })),
    ],
  },
  {
    name: "stick on src where use-server has a say",
    sections: listen(
      "bind @second",
      "balance roundrobin",
      "use-server s3 if { dst_port @second-port }",
      "stick-table type ip size 1k expire 1h",
      "stick on src",
      ...servers("", "", ""),
    ),
    steps: [
      visit(),
      visit({ secondPort: true }),
      visit(),
      visit({ from: "127.0.1.7", secondPort: true }),
      ...times(3, visit({ from: "127.0.1.7" }), visit()),
    ],
  },
  {
    name: "stick match without store",
    sections: listen(
      "balance roundrobin",
      "stick-table type ip size 1k expire 1h",
      "stick match src",
      "stick store-request src if { src 127.0.1.0/24 }",
      ...servers("", ""),
    ),
    steps: times(3, visit({ from: "127.0.1.7" }), visit({ from: "127.0.2.7" }), visit()),
  },
];

/** All of them. */
export const choiceScenarios: readonly ChoiceScenario[] = [
  ...counting,
  ...hashing,
  ...choices,
  ...sticking,
];

/** Puts addresses in the place of names. */
export function fillIn(
  sections: string,
  ports: ScenarioPorts,
  serverPort: (name: string) => number,
): string {
  return sections
    .replaceAll("@second-port", String(ports.second))
    .replaceAll("@first", `127.0.0.1:${ports.first}`)
    .replaceAll("@second", `127.0.0.1:${ports.second}`)
    .replace(/@(s\d)/g, (_, name: string) => `127.0.0.1:${serverPort(name)}`);
}
