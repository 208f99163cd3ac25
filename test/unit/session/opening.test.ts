import { describe, expect, test } from "vitest";
import { PROXY_V2_BYTES_MAX } from "../../../src/limits.ts";
import type { TlsFacts } from "../../../src/session/mover.ts";
import { Bench, type Client, end, FAKE_TLS } from "./bench.ts";

const V1 = "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n";
const V2 = Buffer.concat([
  Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1"),
  Buffer.from([0x21, 0x11, 0, 12, 192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 0x04, 0x01, 0xbb]),
]);

const TLS: TlsFacts = {
  protocol: "TLSv1.3",
  cipher: "TLS_AES_256_GCM_SHA384",
  resumed: false,
  verifyResult: 0,
};

function bench(bind = "", rules = ""): Bench {
  return new Bench(
    `listen in
       mode tcp
       timeout client 3s
       timeout connect 1s
       ${rules}
       bind :1883 ${bind}
       server s 127.0.0.1:1`,
  );
}

/** A bench whose listener terminates TLS. */
function secured(bind = "", rules = ""): Bench {
  const made = bench(bind, rules);
  for (const listener of made.world.listeners.values()) listener.tls = FAKE_TLS;
  return made;
}

function expectSource(client: Client, source: string, destination: string): void {
  expect(client.session.context.source).toEqual(end(source));
  expect(client.session.context.destination).toEqual(end(destination));
}

describe("connection rules", () => {
  test("reject with a reset before anything else", () => {
    const made = bench("accept-proxy", "tcp-request connection reject if { src 10.0.0.1 }");
    expect(made.accept().take()).toEqual(["close reset", "ended"]);
    expect(made.accept(undefined, "10.0.0.2:1").take()).toEqual(["inspect-client"]);
    expect(made.frontend("in").counters).toMatchObject({ deniedConnections: 1, deniedSessions: 0 });
    expect(made.frontend("in").counters.sessions).toMatchObject({ current: 1, total: 2 });
  });

  test("silent-drop leaves the client in the dark", () => {
    const made = bench("", "tcp-request connection silent-drop");
    expect(made.accept().take()).toEqual(["close silent", "ended"]);
  });

  test("accept ends them", () => {
    const made = bench(
      "",
      "tcp-request connection accept if { src 10.0.0.1 }\n tcp-request connection reject",
    );
    expect(made.accept().take()).toEqual(["connect 127.0.0.1:1"]);
    expect(made.accept(undefined, "10.0.0.2:1").take()).toEqual(["close reset", "ended"]);
  });

  test("expect-proxy asks for a header and lets the next rules decide", () => {
    const asked = bench("", "tcp-request connection expect-proxy layer4");
    expect(asked.accept().take()).toEqual(["inspect-client"]);
    const refused = bench(
      "",
      "tcp-request connection expect-proxy layer4\n tcp-request connection reject",
    );
    expect(refused.accept().take()).toEqual(["close reset", "ended"]);
  });
});

describe("the PROXY header", () => {
  test.each([
    ["version 1", Buffer.from(V1)],
    ["version 2", V2],
  ])("%s names the client, however it is cut", (_, header) => {
    for (let cut = 1; cut < header.length; cut++) {
      const client = bench("accept-proxy").accept();
      client.send(header.subarray(0, cut));
      expect(client.state).toBe("opening");
      client.send(header.subarray(cut));
      expect(client.take()).toEqual([
        "inspect-client",
        `consume ${header.length}`,
        "connect 127.0.0.1:1",
      ]);
      expectSource(client, "192.0.2.1:56324", "192.0.2.2:443");
    }
  });

  test("is dropped alone, what follows it is the client's", () => {
    const made = bench(
      "accept-proxy",
      "tcp-request inspect-delay 1s\n tcp-request content reject if { req.payload(0,2) -m str hi }",
    );
    const client = made.accept().send(`${V1}hi`);
    expect(client.take()).toEqual([
      "inspect-client",
      `consume ${V1.length}`,
      "close finish",
      "log PR",
      "ended",
    ]);
    expect(made.frontend("in").counters.bytesIn).toBe(2);
  });

  test("UNKNOWN and LOCAL keep the ends of the connection", () => {
    const client = bench("accept-proxy").accept().send("PROXY UNKNOWN\r\n");
    expect(client.state).toBe("connecting");
    expectSource(client, "10.0.0.1:5000", "127.0.0.1:1883");
  });

  test("that is none ends the connection at once, with a line that says so", () => {
    const made = bench("accept-proxy");
    const client = made.accept().send("GET / HTTP/1.1\r\n");
    const [, message, ...rest] = client.take();
    expect(message).toBe(
      "log in/1: Received something which does not look like a PROXY protocol header",
    );
    expect(rest).toEqual(["close finish", "ended"]);
    expect(made.frontend("in").counters).toMatchObject({ failedRequests: 0 });
    expect(made.frontend("in").counters.sessions.current).toBe(0);
  });

  test("that does not come in time ends it", () => {
    const made = bench("accept-proxy");
    const client = made.accept();
    made.advance(2_999);
    expect(client.state).toBe("opening");
    made.advance(1);
    expect(client.take()).toEqual([
      "inspect-client",
      "log in/1: Timeout while waiting for PROXY protocol header",
      "close finish",
      "ended",
    ]);
  });

  test("that a client does not finish ends it", () => {
    const half = bench("accept-proxy").accept().send("PROXY TCP4");
    half.finish();
    const broken = bench("accept-proxy").accept();
    broken.reset();
    const truncated = "log in/1: Truncated PROXY protocol header received";
    expect(half.take()).toEqual(["inspect-client", truncated, "close finish", "ended"]);
    // Nothing is to be closed any more.
    const reset = "log in/1: Connection error while waiting for PROXY protocol header";
    expect(broken.take()).toEqual(["inspect-client", reset, "ended"]);
  });

  test("that fails is not logged with `option dontlognull` when nothing was sent", () => {
    const made = bench("accept-proxy", "option dontlognull");
    const silent = made.accept();
    silent.finish();
    expect(silent.take()).toEqual(["inspect-client", "close finish", "ended"]);
    expect(made.accept().send("nonsense").take()[1]).toMatch(/^log /);
  });

  test("may be as long as HAProxy's buffer", () => {
    const client = bench("accept-proxy").accept();
    const [effect] = client.effects;
    expect(effect).toEqual({ kind: "inspect-client", bytesMax: PROXY_V2_BYTES_MAX });
  });
});

describe("TLS", () => {
  test("begins with the connection and comes before the rules", () => {
    const made = secured("", "tcp-request session reject if { src 10.0.0.9 }");
    const client = made.accept();
    expect(client.take()).toEqual(["secure-client"]);
    client.tell({ kind: "secured", tls: TLS });
    expect(client.take()).toEqual(["connect 127.0.0.1:1"]);
    expect(client.session.context.tls).toBe(TLS);
  });

  test("begins after the PROXY header", () => {
    const client = secured("accept-proxy").accept().send(`${V1}\x16\x03`);
    expect(client.take()).toEqual(["inspect-client", `consume ${V1.length}`, "secure-client"]);
  });

  test("asks for first bytes anew", () => {
    const made = secured(
      "accept-proxy",
      "tcp-request inspect-delay 1s\n tcp-request content accept if { req.len gt 0 }",
    );
    const client = made.accept().send(V1);
    client.tell({ kind: "secured", tls: TLS });
    expect(client.take().slice(2)).toEqual(["secure-client", "inspect-client"]);
  });

  test("that does not come in time ends the connection", () => {
    const made = secured();
    const client = made.accept();
    made.advance(3_000);
    expect(client.take().slice(1)).toEqual([
      "log in/1: Timeout during SSL handshake",
      "close finish",
      "ended",
    ]);
  });

  test("that fails ends the connection with its cause", () => {
    const client = secured().accept();
    client.reset("ERR_SSL_UNSUPPORTED_PROTOCOL");
    expect(client.take().slice(1)).toEqual([
      "log in/1: SSL handshake failure (ERR_SSL_UNSUPPORTED_PROTOCOL)",
      "ended",
    ]);
  });

  test("is not mistaken for a PROXY header when the client ends in its midst", () => {
    const client = secured().accept();
    client.finish();
    expect(client.take().slice(1)).toEqual([
      expect.stringMatching(/^log .*Connection closed during SSL handshake/),
      "close finish",
      "ended",
    ]);
  });
});

describe("session rules", () => {
  test("see the client that the PROXY header names", () => {
    const made = bench("accept-proxy", "tcp-request session reject if { src 192.0.2.1 }");
    const client = made.accept().send(V1);
    expect(client.take()).toEqual(["inspect-client", "close reset", "ended"]);
    expect(made.frontend("in").counters).toMatchObject({ deniedConnections: 0, deniedSessions: 1 });
    expect(made.frontend("in").counters.sessions.current).toBe(0);
  });

  test("go on past a rule that looks at bytes, which are not theirs", () => {
    const made = bench(
      "",
      "tcp-request session accept if { req.len gt 3 }\n tcp-request session reject",
    );
    expect(made.accept().take()).toEqual(["close reset", "ended"]);
  });

  test("count what they track until the end", () => {
    const made = new Bench(
      `listen in
         mode tcp
         timeout client 3s
         stick-table type ip size 10 expire 1m store conn_cur,sess_cnt
         tcp-request session track-sc0 src
         tcp-request session reject if { sc0_conn_cur gt 1 }
         bind :1883
         server s 127.0.0.1:1`,
    );
    const first = made.accept();
    expect(made.accept().take()).toEqual(["close reset", "ended"]);
    first.connected().relayed();
    expect(made.accept().state).toBe("connecting");
  });
});
