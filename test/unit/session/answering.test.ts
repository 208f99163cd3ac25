import { describe, expect, test } from "vitest";
import { INSPECT_DELAY_DEFAULT_MS } from "../../../src/limits.ts";
import { Bench } from "./bench.ts";

function bench(rules: string): Bench {
  return new Bench(
    `listen in
       mode tcp
       timeout client 10s
       timeout connect 1s
       bind :1883
       ${rules}
       server s 127.0.0.1:1`,
  );
}

const RULES = `tcp-response inspect-delay 1s
  tcp-response content reject if { res.payload(0,1) -m str x }
  tcp-response content close if { res.payload(0,1) -m str y }
  tcp-response content accept if { res.len gt 2 }`;

describe("a session whose rules look at the answer", () => {
  test("sends on what the client has said, and goes on doing so", () => {
    const client = bench(`${RULES}\n tcp-request content accept if { req.len gt 1 }`).accept();
    client.send("abc").connected();
    expect(client.take()).toEqual([
      "inspect-client",
      "connect 127.0.0.1:1",
      "send abc",
      "consume 3",
      "inspect-server",
    ]);
    expect(client.send("de").take()).toEqual(["send de", "consume 2"]);
    client.answer("okay");
    expect(client.take()).toEqual(["relay"]);
    client.relayed("client-closed", 4, 10);
    expect(client.record).toMatchObject({ bytesToServer: 9, bytesToClient: 10 });
  });

  test("asks for the client's bytes if nobody has before", () => {
    const client = bench(RULES).accept().connected();
    expect(client.take()).toEqual(["connect 127.0.0.1:1", "inspect-client", "inspect-server"]);
    expect(client.send("late").take()).toEqual(["send late", "consume 4"]);
  });

  test("keeps what the client said first for its log line", () => {
    const client = bench(`${RULES}\n tcp-request content accept if { req.len gt 1 }`).accept();
    client.send("first").connected();
    client.send("second");
    expect(Buffer.from(client.session.context.request.bytes).toString()).toBe("first");
  });

  test("waits for the answer until the rules can decide", () => {
    const client = bench(RULES).accept().connected();
    client.answer("o");
    client.answer("ok");
    expect(client.state).toBe("answering");
    client.answer("oka");
    expect(client.state).toBe("relaying");
  });

  test("relays what there is when the delay is over or the server ends", () => {
    const made = bench(RULES);
    const client = made.accept().connected();
    made.advance(1_000);
    expect(client.state).toBe("relaying");
    const ended = made.accept().connected();
    ended.answer("o", true);
    expect(ended.state).toBe("relaying");
  });

  test("waits for a while even without a delay of the configuration", () => {
    const made = bench("tcp-response content accept if { res.len gt 2 }");
    const client = made.accept().connected();
    made.advance(INSPECT_DELAY_DEFAULT_MS - 1);
    expect(client.state).toBe("answering");
    made.advance(1);
    expect(client.state).toBe("relaying");
  });

  test("ends with PD when one rejects it", () => {
    const made = bench(RULES);
    const client = made.accept().connected();
    client.answer("x");
    expect(client.take().slice(3)).toEqual(["abandon-server", "close finish", "log PD", "ended"]);
    expect(client.logged).toBe("in/s 0/0/0 1 PD 0 0/0");
    expect(made.frontend("in").counters.deniedResponses).toBe(1);
    expect(made.backend("in").counters.deniedResponses).toBe(1);
    expect(made.server("in/s").counters.deniedResponses).toBe(1);
  });

  test("ends in order when one closes it", () => {
    const made = bench(RULES);
    const client = made.accept().connected();
    client.answer("y");
    expect(client.logged).toBe("in/s 0/0/0 1 -- 0 0/0");
    expect(made.backend("in").counters.deniedResponses).toBe(0);
  });

  test("ends with SD when the server breaks off, which is gone already", () => {
    const made = bench(RULES);
    const client = made.accept().connected();
    client.take();
    client.refused();
    expect(client.take()).toEqual(["close finish", "log SD", "ended"]);
    expect(made.server("in/s").counters).toMatchObject({ serverAborts: 1, responseErrors: 1 });
  });

  test("ends with CD when the client breaks off", () => {
    const client = bench(RULES).accept().connected();
    client.take();
    client.reset();
    expect(client.take()).toEqual(["abandon-server", "log CD", "ended"]);
  });
});
