import { generate, type IConnectPacket } from "mqtt-packet";
import { expect, test } from "vitest";
import type { TlsFacts } from "../../../src/session/mover.ts";
import { Bench, type Client } from "./bench.ts";

function connect(more: Partial<IConnectPacket> = {}): Buffer {
  return generate({ cmd: "connect", clientId: "d1", username: "old", ...more });
}

const listen = (...lines: readonly string[]): string =>
  ["listen l\n bind :1883", ...lines, "server a 10.0.0.1:1\n"].join("\n ");

const sent = (client: Client): string[] =>
  client.effects.flatMap((effect) =>
    effect.kind === "send-server" ? [Buffer.from(effect.bytes).toString("hex")] : [],
  );

function consumed(client: Client): number {
  return client.effects.reduce(
    (sum, effect) => sum + (effect.kind === "consume-client" ? effect.count : 0),
    0,
  );
}

const wanted = (name: string): string => connect({ username: name }).toString("hex");

test("the server gets the CONNECT with the new name, and the bytes behind it from the relay", () => {
  const client = new Bench(listen("#tandem mqtt-set-username str(new)")).accept();
  const packet = connect();
  client.send(packet.subarray(0, 5));
  expect(client.state).toBe("inspecting");
  client.send(Buffer.concat([packet.subarray(5), Buffer.from("more")])).connected();
  expect(sent(client)).toEqual([wanted("new")]);
  expect(consumed(client)).toBe(packet.length);
  expect(client.state).toBe("relaying");
});

test("bytes that come before the server is there do not undo it", () => {
  const client = new Bench(listen("#tandem mqtt-set-username str(new)")).accept();
  client.send(connect()).send("more");
  client.connected();
  expect(sent(client)).toEqual([wanted("new")]);
  expect(consumed(client)).toBe(connect().length);
});

test("where the server's first bytes are looked at, everything in hand goes ahead", () => {
  const config = listen(
    "#tandem mqtt-set-username str(new)",
    "tcp-response content reject if { req.len 0 }",
  );
  const client = new Bench(config).accept();
  client.send(connect()).send("more");
  client.connected();
  expect(sent(client)).toEqual([`${wanted("new")}${Buffer.from("more").toString("hex")}`]);
  expect(consumed(client)).toBe(connect().length + 4);
  client.send("again");
  expect(sent(client)[1]).toBe(Buffer.from("again").toString("hex"));
});

test("rules and keys behind it see the new name, those before it the old one", () => {
  const config = [
    "frontend f\n bind :1883\n tcp-request inspect-delay 5s",
    "tcp-request content set-var(txn.was) mqtt.username",
    "mqtt-set-username str(new)",
    "use_backend b if { mqtt.username new } { var(txn.was) -m str old }",
    "backend b\n server a 10.0.0.1:1\n",
  ].join("\n ");
  const client = new Bench(config).accept();
  client.send(connect());
  expect(client.session.context.backend?.name).toBe("b");
});

test("whoever has no name is refused, keeps the own one, or is not concerned", () => {
  const refusing = listen("option mqtt-refuse", "mqtt-set-username ssl_c_s_dn(cn)");
  const refused = new Bench(refusing).accept();
  refused.send(connect());
  expect(refused.take()).toContain("tell 20020005");
  expect(refused.logged).toMatch(/ PR /);

  const keeping = listen("mqtt-set-username ssl_c_s_dn(cn) else keep");
  const kept = new Bench(keeping).accept().send(connect()).connected();
  expect([kept.state, sent(kept)]).toEqual(["relaying", []]);

  const other = new Bench(refusing).accept().send("\x16\x03\x01 no MQTT").connected();
  expect([other.state, sent(other)]).toEqual(["relaying", []]);
});

test("the first line that applies counts", () => {
  const config = listen(
    "mqtt-set-username str(never) if { mqtt.client_id d2 }",
    "mqtt-set-username mqtt.client_id if { mqtt.username old }",
    "mqtt-set-username str(late)",
  );
  const client = new Bench(config).accept().send(connect()).connected();
  expect(sent(client)).toEqual([wanted("d1")]);
});

test("the name in a certificate", () => {
  const config = [
    "listen l\n bind :8883 ssl crt a.pem",
    "mqtt-set-username ssl_c_s_dn(cn)",
    "server a 10.0.0.1:1\n",
  ].join("\n ");
  const client = new Bench(config).accept();
  const tls = {
    ...{ protocol: "TLSv1.3", cipher: "x", resumed: false, verifyResult: 0 },
    peer: {
      ...{ commonName: "truck-1", subject: "/CN=truck-1", issuer: "/CN=ca", serial: "01" },
      ...{ notBefore: "", notAfter: "", sha1: new Uint8Array(20), der: new Uint8Array(0) },
    },
  } satisfies TlsFacts;
  client.tell({ kind: "secured", tls });
  client.send(connect()).connected();
  expect(sent(client)).toEqual([wanted("truck-1")]);
});

test("a name that MQTT cannot carry is none", () => {
  const config = listen(
    "mqtt-set-username var(txn.n)",
    "tcp-request content set-var(txn.n) bin(ff)",
  );
  const client = new Bench(config).accept().send(connect());
  expect(client.logged).toMatch(/ PR /);
});
