import { describe, expect, test } from "vitest";
import type { ConnectSpec } from "../../../src/session/mover.ts";
import { Bench, type Client, FAKE_TLS } from "./bench.ts";

function bench(server: string, rules = ""): Bench {
  return new Bench(
    `listen in
       mode tcp
       bind :1883
       timeout connect 1s
       ${rules}
       server s ${server}`,
  );
}

function specOf(client: Client): ConnectSpec {
  const effect = client.effects.find((each) => each.kind === "connect-server");
  return effect!.spec;
}

function portFor(server: string, destinationPort: number): number | undefined {
  const made = bench(server);
  const client = made.accept(undefined, undefined, `127.0.0.1:${destinationPort}`);
  const { endpoint } = specOf(client);
  return endpoint.kind === "ip" ? endpoint.port : undefined;
}

describe("connectSpec()", () => {
  test("goes to the server's address and port", () => {
    const { endpoint, local, preamble, tls } = specOf(bench("127.0.0.2:99").accept());
    expect(endpoint).toEqual({ kind: "ip", family: 4, host: "127.0.0.2", port: 99 });
    expect([local, preamble, tls]).toEqual([undefined, undefined, undefined]);
  });

  test("asks for its own address where log lines may name that", () => {
    const made = bench("127.0.0.2:99");
    expect(specOf(made.accept()).asksLocal).toBe(true);
    made.frontend("in").logsLocalAddress = false;
    expect(specOf(made.accept()).asksLocal).toBe(false);
  });

  test("says with tcp-smart-connect whether bytes are there that the server gets at once", () => {
    const smart = "option tcp-smart-connect";
    const waits = "tcp-request inspect-delay 1s\n tcp-request content accept if { req.len gt 0 }";
    const both = `${smart}\n ${waits}`;
    expect(specOf(bench("127.0.0.2:99", smart).accept()).speaksFirst).toBe(false);
    expect(specOf(bench("127.0.0.2:99", both).accept().send("hello")).speaksFirst).toBe(true);
    expect(specOf(bench("127.0.0.2:99 send-proxy", smart).accept()).speaksFirst).toBe(true);
    expect(specOf(bench("127.0.0.2:99", waits).accept().send("hello")).speaksFirst).toBe(false);
    expect(specOf(bench("127.0.0.2:99 send-proxy").accept()).speaksFirst).toBe(false);
  });

  test("goes to the client's port when the server names none, or an offset", () => {
    expect(portFor("127.0.0.2", 1_883)).toBe(1_883);
    expect(portFor("127.0.0.2:+1000", 1_883)).toBe(2_883);
    expect(portFor("127.0.0.2:-1000", 1_883)).toBe(883);
  });

  test("stays within 16 bits by an offset", () => {
    expect(portFor("127.0.0.2:+1000", 65_000)).toBe(464);
    expect(portFor("127.0.0.2:-1000", 500)).toBe(65_036);
  });

  test("walks through a range of source ports", () => {
    const made = bench("127.0.0.2:99 source 127.0.0.9:2000-2002");
    const ports = [1, 2, 3, 4].map(() => specOf(made.accept()).local?.port);
    expect(ports).toEqual([2_000, 2_001, 2_002, 2_000]);
    expect(specOf(made.accept()).local?.host).toBe("127.0.0.9");
  });

  test("takes the backend's source unless the server has one", () => {
    const made = bench("127.0.0.2:99", "source 127.0.0.7");
    expect(specOf(made.accept()).local).toEqual({ host: "127.0.0.7" });
  });

  test("begins with a PROXY header that names the client", () => {
    const first = specOf(bench("127.0.0.2:99 send-proxy").accept()).preamble!;
    expect(Buffer.from(first).toString()).toBe("PROXY TCP4 10.0.0.1 127.0.0.1 5000 1883\r\n");
    const second = specOf(bench("127.0.0.2:99 send-proxy-v2").accept()).preamble!;
    expect([second[12], second[13]]).toEqual([0x21, 0x11]);
  });

  test("names what a PROXY header named before", () => {
    const made = new Bench(
      "listen in\n mode tcp\n bind :1 accept-proxy\n server s 127.0.0.2:99 send-proxy",
    );
    const header = "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n";
    const { preamble } = specOf(made.accept().send(header));
    expect(Buffer.from(preamble!).toString()).toBe(header);
  });

  test("asks for a name by TLS that an expression gives", () => {
    const made = bench("127.0.0.2:99 ssl verify none sni str(broker.example)");
    expect(specOf(made.accept()).tls).toEqual({ context: FAKE_TLS, serverName: "broker.example" });
    const none = bench("127.0.0.2:99 ssl verify none sni ssl_fc_sni");
    expect(specOf(none.accept()).tls).toEqual({ context: FAKE_TLS });
  });

  test("keeps the server's side alive as configured", () => {
    const made = bench("127.0.0.2:99", "option srvtcpka\n srvtcpka-idle 10s\n srvtcpka-cnt 3");
    const { socket } = specOf(made.accept());
    expect(socket).toEqual({ keepalive: true, keepaliveIdleMs: 10_000, keepaliveCount: 3 });
  });
});
