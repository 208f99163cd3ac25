import { generate } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { clientFrame, readFrames } from "../../support/websocket-frames.ts";
import { Bench, type Client } from "./bench.ts";

const CONNECT = generate({ cmd: "connect", clientId: "d1" });

const HEADERS = [
  ...["Host: broker:8083", "Upgrade: websocket", "Connection: keep-alive, Upgrade"],
  ...["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"],
  ...["Sec-WebSocket-Protocol: mqttv3.1, mqtt", "Sec-WebSocket-Extensions: permessage-deflate"],
  ...["Cookie: a=b"],
];

const request = (headers: readonly string[] = HEADERS, line = "GET /mqtt HTTP/1.1"): Buffer =>
  Buffer.from([line, ...headers, "", ""].join("\r\n"));

/** RFC 6455 §1.3 has this key and what it is hashed to. */
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const ANSWER = ["HTTP/1.1 101 Switching Protocols", `Sec-WebSocket-Accept: ${ACCEPT}`];

const framed = (payload: Uint8Array, isFinal = true, opcode = 2): Buffer =>
  clientFrame({ opcode, isFinal, payload, mask: 0x01020304 });

const config = (...lines: readonly string[]): string =>
  ["listen l\n bind :8083\n option mqtt-websocket", ...lines, "server a 10.0.0.1:1\n"].join("\n ");

/** What the client was told, as text where it is HTTP. */
function told(client: Client): Buffer[] {
  return client.effects.flatMap((effect) =>
    effect.kind === "send-client" ? [Buffer.from(effect.bytes)] : [],
  );
}

const sent = (client: Client): Buffer =>
  Buffer.concat(
    client.effects.flatMap((effect) => (effect.kind === "send-server" ? [effect.bytes] : [])),
  );

describe("option mqtt-websocket", () => {
  test("answers the upgrade, lets rules see the CONNECT, and makes the upgrade again to the server", () => {
    const bench = new Bench(
      config(
        "tcp-request inspect-delay 5s",
        "tcp-request content reject unless { mqtt.client_id d1 }",
        "stick-table type string len 64 size 1k",
        "stick on mqtt.client_id",
      ),
    );
    const client = bench.accept();
    const head = request();
    client.send(head.subarray(0, 40));
    expect([client.state, told(client)]).toEqual(["inspecting", []]);
    client.send(head.subarray(40));
    expect(told(client)[0]!.toString()).toContain(`Sec-WebSocket-Accept: ${ACCEPT}\r\n`);
    expect(told(client)[0]!.toString()).toContain("Sec-WebSocket-Protocol: mqtt\r\n");
    const frames = Buffer.concat([
      framed(CONNECT.subarray(0, 4), false),
      framed(new Uint8Array(0), true, 9),
      framed(CONNECT.subarray(4), true, 0),
    ]);
    client.send(frames.subarray(0, 9));
    expect(client.state).toBe("inspecting");
    client.send(frames.subarray(9));
    expect(client.state).toBe("connecting");
    client.connected();
    expect(client.state).toBe("answering");
    const replayed = sent(client).toString();
    expect(replayed).toMatch(/^GET \/mqtt HTTP\/1\.1\r\nHost: broker:8083\r\n/);
    expect(replayed).toContain("Cookie: a=b\r\n");
    expect(replayed).toMatch(/\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n$/);
    expect(replayed).not.toContain("deflate");
    client.take();
    const answer = `${ANSWER.join("\r\n")}\r\n\r\n`;
    client.answer(answer.slice(0, 20));
    client.answer(`${answer}\x82\x04`);
    expect(client.take()).toEqual([`consume-server ${answer.length}`, "relay"]);
    expect(bench.world.tables.get("l")!.usedCount).toBe(1);
  });

  test("a rewritten CONNECT goes in a frame of its own", () => {
    const client = new Bench(config("mqtt-set-username src")).accept();
    const rest = Buffer.from([0xc0, 0]);
    client.send(Buffer.concat([request(), framed(Buffer.concat([CONNECT, rest])), framed(rest)]));
    client.connected();
    const before = sent(client).length;
    client.answer(`${ANSWER.join("\r\n")}\r\n\r\n`);
    const wanted = generate({
      cmd: "connect",
      clientId: "d1",
      username: "10.0.0.1",
    });
    expect(readFrames(sent(client).subarray(before)).data).toEqual(Buffer.concat([wanted, rest]));
    const consumed = client.effects.map((each) =>
      each.kind === "consume-client" ? each.count : 0,
    );
    expect(consumed.reduce((sum, count) => sum + count)).toBe(
      request().length + framed(Buffer.concat([CONNECT, rest])).length,
    );
  });

  test.each([
    [4, ""],
    [5, "e0029c00"],
  ] as const)("MQTT %d: who is sent away gets '%s', then a close frame", (version, packet) => {
    const bench = new Bench(config("drain-time 10s", "mqtt-set-username src"));
    const client = bench.accept();
    const connect = generate({ cmd: "connect", clientId: "d1", protocolVersion: version });
    client.send(Buffer.concat([request(), framed(connect)])).connected();
    client.answer(`${ANSWER.join("\r\n")}\r\n\r\n`);
    const relay = client.effects.find((each) => each.kind === "relay");
    // Only the rewritten CONNECT went ahead, and the upgrade is no packet.
    expect(relay?.spec.framing).toMatchObject({ isAtBoundary: true, isOff: false });
    expect([...relay!.spec.framing!.counts]).toEqual([0, 1, ...new Array<number>(14).fill(0)]);
    client.tell({ kind: "leave", cause: "drain" });
    const last = client.effects.at(-1);
    const { data, controls } = readFrames(
      last?.kind === "leave" ? (last.farewell ?? Buffer.alloc(0)) : Buffer.alloc(0),
    );
    expect(data.toString("hex")).toBe(packet);
    expect(controls.map((each) => each.readUInt16BE())).toEqual([1001]);
  });

  test("a refusal is a CONNACK in a frame, then a close frame", () => {
    const bench = new Bench(config("option mqtt-refuse"));
    bench.setUp("l/a", false);
    const client = bench.accept().send(Buffer.concat([request(), framed(CONNECT)]));
    const [, connack, close] = told(client);
    expect(readFrames(connack!).data.toString("hex")).toBe("20020003");
    expect(readFrames(close!).controls[0]!.readUInt16BE()).toBe(1013);
    expect(client.logged).toMatch(/ SC /);
  });

  test("a CONNECT that comes while the server is asked is answered, if that refuses", () => {
    const client = new Bench(config("option mqtt-refuse")).accept();
    client.send(request()).connected();
    expect(client.state).toBe("answering");
    client.send(framed(CONNECT));
    client.answer("HTTP/1.1 403 Forbidden\r\n\r\n");
    expect(readFrames(told(client)[1]!).data.toString("hex")).toBe("20020003");
  });

  test.each([
    ["another status", ["HTTP/1.1 403 Forbidden", ...ANSWER.slice(1)]],
    ["another key", [ANSWER[0]!, "Sec-WebSocket-Accept: x"]],
    ["an extension", [...ANSWER, "Sec-WebSocket-Extensions: permessage-deflate"]],
    ["another subprotocol", [...ANSWER, "Sec-WebSocket-Protocol: chat"]],
    ["no HTTP", ["SSH-2.0"]],
  ])("a server that answers with %s is not used", (_name, lines) => {
    const client = new Bench(config("option mqtt-refuse")).accept();
    client.send(Buffer.concat([request(), framed(CONNECT)])).connected();
    client.answer(`${lines.join("\r\n")}\r\n\r\n`);
    expect(client.logged).toMatch(/ SD /);
    expect(client.take()).toContain("abandon-server");
    expect(readFrames(told(client)[1]!).data.toString("hex")).toBe("20020003");
  });

  const without = (name: string, ...more: readonly string[]): readonly string[] => [
    ...HEADERS.filter((line) => !line.startsWith(name)),
    ...more,
  ];

  test.each([
    ["MQTT without WebSocket", CONNECT, "400 Bad Request"],
    ["another method", request(HEADERS, "POST / HTTP/1.1"), "400 Bad Request"],
    ["another HTTP", request(HEADERS, "GET / HTTP/1.0"), "400 Bad Request"],
    ["no upgrade", request(without("Upgrade:")), "426 Upgrade Required"],
    [
      "another version",
      request(without("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8")),
      "426",
    ],
    [
      "no MQTT inside",
      request(without("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: chat")),
      "400",
    ],
    ["two keys", request([...HEADERS, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]), "400"],
    ["a body", request([...HEADERS, "Content-Length: 5"]), "400 Bad Request"],
    ["a header that goes on", request([...HEADERS, " more"]), "400 Bad Request"],
    [
      "an endless head",
      Buffer.from(`GET / HTTP/1.1\r\nA: ${"a".repeat(17_000)}`),
      "400 Bad Request",
    ],
  ])("%s is answered in HTTP and closed", (_name, bytes, status) => {
    const client = new Bench(config()).accept().send(bytes);
    expect(told(client)).toHaveLength(1);
    expect(told(client)[0]!.toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`));
    expect(client.logged).toMatch(/ PR /);
  });

  test.each([
    ["text", framed(CONNECT, true, 1), 1003],
    ["an unmasked frame", Buffer.from([0x82, 1, 0]), 1002],
    ["reserved bits", Buffer.from([0xc2, 0x80, 0, 0, 0, 0]), 1002],
    ["a part of nothing", framed(CONNECT, true, 0), 1002],
  ])("%s ends the connection with a close frame", (_name, frames, code) => {
    const rule = "tcp-request content reject unless { mqtt.client_id d1 }";
    const client = new Bench(config("tcp-request inspect-delay 5s", rule)).accept();
    client.send(Buffer.concat([request(), frames]));
    expect(readFrames(told(client)[1]!).controls[0]!.readUInt16BE()).toBe(code);
  });

  test("whoever asks for nothing is waited for no longer than others", () => {
    const bench = new Bench(config());
    const client = bench.accept();
    bench.advance(5_000);
    expect(client.logged).toMatch(/ PR /);
  });
});
