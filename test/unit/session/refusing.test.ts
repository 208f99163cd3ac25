import { generate, type IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { REFUSAL_WAIT_MS } from "../../../src/limits.ts";
import { Bench, type Client } from "./bench.ts";

function connect(version: 3 | 4 | 5, more: Partial<IConnectPacket> = {}): Uint8Array {
  const protocolId = version === 3 ? "MQIsdp" : "MQTT";
  const rest = { protocolId, protocolVersion: version, clientId: "d1", ...more };
  return generate({ cmd: "connect", ...rest } as IConnectPacket);
}

const text = (words: string): string => Buffer.from(words).toString("hex");

/** CONNACK of MQTT 5 with a reason string (MQTT 5.0 §3.2). */
function connack5(code: string, reason: string): string {
  const length = (count: number): string => count.toString(16).padStart(2, "0");
  const { length: count } = reason;
  const properties = `1f00${length(count)}${text(reason)}`;
  return `20${length(count + 6)}00${code}${length(count + 3)}${properties}`;
}

const UNAVAILABLE_5 = connack5("88", "No broker can be reached at the moment");

const LISTEN = "listen l\n bind :1883\n #tandem option mqtt-refuse\n";
const DEAD = `${LISTEN} timeout connect 50ms\n server a 10.0.0.1:1 check\n`;

/** A bench whose only server is down. */
function deadBench(config = DEAD): Bench {
  const bench = new Bench(config);
  bench.setUp("l/a", false);
  return bench;
}

/** What is sent to the client, in hexadecimal. */
function told(client: Client): readonly string[] {
  const tells = client.take().filter((line) => line.startsWith("tell "));
  return tells.map((line) => line.slice("tell ".length));
}

describe("option mqtt-refuse without a server", () => {
  test.each([
    [3, "20020003"],
    [4, "20020003"],
    [5, UNAVAILABLE_5],
  ] as const)("answers version level %s in its own words", (version, answer) => {
    const client = deadBench().accept();
    expect(client.state).toBe("refusing");
    expect(client.take().at(-1)).toBe("inspect-client");
    client.send(connect(version));
    expect(client.take()).toEqual([`tell ${answer}`, "close finish", "log SC", "ended"]);
    expect(client.logged).toBe(`l/<NOSRV> -1/-1/0 ${answer.length / 2} SC 0 0/0`);
  });

  test("gives no reason to a client that takes only small packets", () => {
    const client = deadBench().accept();
    client.send(connect(5, { properties: { maximumPacketSize: 20 } }));
    expect(told(client)).toEqual(["2003008800"]);
  });

  test("waits for a CONNECT in pieces, but not for ever", () => {
    const bench = deadBench();
    const slow = bench.accept();
    bench.advance(REFUSAL_WAIT_MS - 1);
    slow.send(connect(4).subarray(0, 5));
    expect(slow.state).toBe("refusing");
    bench.advance(1);
    expect(slow.state).toBe("ended");
    expect(told(slow)).toEqual([]);
    const whole = bench.accept();
    for (const byte of connect(4)) whole.send(Uint8Array.of(byte));
    expect(told(whole)).toEqual(["20020003"]);
  });

  test("closes at once whoever does not speak MQTT, leaves or finishes early", () => {
    const bench = deadBench();
    const other = bench.accept().send("GET / HTTP/1.1");
    expect(other.take().slice(-3)).toEqual(["close finish", "log SC", "ended"]);
    const gone = bench.accept();
    gone.reset();
    expect(gone.take().slice(-2)).toEqual(["log SC", "ended"]);
    const finished = bench.accept().send(connect(4).subarray(0, 7), true);
    expect(told(finished)).toEqual([]);
    expect(finished.state).toBe("ended");
  });

  test("answers a client that has finished its half", () => {
    const client = deadBench().accept().send(connect(4), true);
    expect(told(client)).toEqual(["20020003"]);
  });

  test("counts in frontend and backend, and names the code for log formats", () => {
    const bench = deadBench();
    const client = bench.accept().send(connect(5));
    expect(bench.frontend("l").counters.refusals).toBe(1);
    expect(bench.backend("l").counters.refusals).toBe(1);
    const code = client.session.context.variables.get("txn.mqtt_refused");
    expect(code).toEqual({ type: "int", value: 0x88 });
  });

  test("is off unless asked for, and one side is enough", () => {
    const plain = "listen l\n bind :1883\n server a 10.0.0.1:1 check\n";
    expect(deadBench(plain).accept().state).toBe("ended");
    const parts = (frontend: string, backend: string): Client => {
      const front = `frontend f\n bind :1\n default_backend l\n ${frontend}\n`;
      const back = `backend l\n ${backend}\n server a 10.0.0.1:1 check\n`;
      return deadBench(front + back).accept();
    };
    expect(parts("", "").state).toBe("ended");
    expect(parts("option mqtt-refuse", "").state).toBe("refusing");
    expect(parts("", "option mqtt-refuse").state).toBe("refusing");
  });

  test("ends the wait of a killed session", () => {
    const client = deadBench().accept();
    client.kill();
    expect(client.state).toBe("ended");
  });
});

describe("option mqtt-refuse at a limit", () => {
  const FULL = `${LISTEN} timeout queue 100ms\n server a 10.0.0.1:1 maxconn 1\n`;

  test("says that brokers are busy when the time in the queue is over", () => {
    const bench = new Bench(FULL);
    bench.accept();
    const waiting = bench.accept().send(connect(5));
    const late = bench.accept().send(connect(4));
    bench.advance(100);
    expect(told(waiting)).toEqual([connack5("89", "All brokers are busy")]);
    expect(told(late)).toEqual(["20020003"]);
    expect(waiting.record?.termination).toBe("sQ");
  });

  test("says that no broker is there when connecting fails in the end", () => {
    const bench = new Bench(`${LISTEN} retries 0\n server a 10.0.0.1:1\n`);
    const client = bench.accept().send(connect(5));
    client.refused();
    expect(told(client)).toEqual([UNAVAILABLE_5]);
    expect(client.record?.termination).toBe("SC");
  });

  test("gives the slot back before it waits for the client", () => {
    const bench = new Bench(`${LISTEN} retries 0\n server a 10.0.0.1:1 maxconn 1\n`);
    const first = bench.accept();
    const second = bench.accept();
    first.refused();
    expect([first.state, second.state]).toEqual(["refusing", "connecting"]);
  });
});

describe("option mqtt-refuse under a rule", () => {
  function refusedBy(...rules: readonly string[]): readonly string[] {
    const lines = rules.map((rule) => ` ${rule}\n`).join("");
    const tables = "backend st\n stick-table type ip size 9 store conn_rate(9s),conn_cur,gpc0\n";
    const bench = new Bench(`${LISTEN}${lines} server a 10.0.0.1:1\n${tables}`);
    const client = bench.accept();
    if (client.state !== "ended") client.send(connect(5));
    expect(client.record?.termination).toBe("PR");
    return told(client).map((hex) => hex.slice(6, 8));
  }

  test.each([
    ["87", "reject if { req.payload(0,0),mqtt_field_value(connect,client_identifier) d1 }"],
    ["87", "reject unless { src 192.0.2.0/24 }"],
    ["8a", "reject if { src 10.0.0.0/8 }"],
    ["8a", "reject if { src_get_gpc0(st) eq 0 }"],
    ["9f", "reject if { src_conn_rate(st) ge 0 }"],
    ["9f", "reject if { fe_sess_rate ge 0 }"],
    ["97", "reject if { src_conn_cur(st) ge 0 }"],
    ["97", "reject if { fe_conn ge 1 }"],
    ["89", "reject if { queue(l) eq 0 }"],
    ["88", "reject if { nbsrv(l) eq 1 }"],
  ])("tells 0x%s by: %s", (code, rule) => {
    expect(refusedBy(`tcp-request content ${rule}`)).toEqual([code]);
  });

  test("finds what a named ACL asks for", () => {
    const rule = "tcp-request content reject if !WAIT_END or fast";
    expect(refusedBy("acl fast src_conn_rate(st) ge 0", rule)).toEqual(["9f"]);
  });

  test("a rule may name the cause itself", () => {
    const name = "tcp-request content set-var(txn.mqtt_refusal) str(quota)";
    expect(refusedBy(name, "tcp-request content reject")).toEqual(["97"]);
    const odd = "tcp-request content set-var(txn.mqtt_refusal) str(constructor)";
    expect(refusedBy(odd, "tcp-request content reject")).toEqual(["87"]);
  });

  test("says before MQTT 5 that the client may not enter", () => {
    const bench = new Bench(`${LISTEN} tcp-request content reject\n server a 10.0.0.1:1\n`);
    expect(told(bench.accept().send(connect(4)))).toEqual(["20020005"]);
  });

  test("says nothing where connections are refused before they are sessions, or dropped", () => {
    const rules = ["connection reject", "session reject", "content silent-drop"];
    for (const rule of rules) {
      const bench = new Bench(`${LISTEN} tcp-request ${rule}\n server a 10.0.0.1:1\n`);
      const client = bench.accept();
      expect(client.state).toBe("ended");
      expect(told(client)).toEqual([]);
    }
  });

  test("answers when a rule refuses the server's first bytes, or these do not come", () => {
    const rule = "tcp-response content reject if { res.payload(0,1) -m bin 41 }";
    const bench = new Bench(`${LISTEN} ${rule}\n server a 10.0.0.1:1\n`);
    const denied = bench.accept().send(connect(4)).connected();
    denied.answer("A");
    expect(told(denied)).toEqual(["20020003"]);
    const broken = bench.accept().send(connect(4)).connected();
    broken.refused();
    expect(told(broken)).toEqual(["20020003"]);
    expect(broken.record?.termination).toBe("SD");
  });
});
