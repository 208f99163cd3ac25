import { describe, expect, test } from "vitest";
import { Bench } from "./bench.ts";

const FRONTEND = `listen in
  mode tcp
  timeout client 10s
  timeout connect 1s
  bind :1883
  tcp-request inspect-delay 2s
  tcp-request content accept if { req.len gt 0 }
  server s1 127.0.0.1:1`;

describe("what a session keeps once its relay runs", () => {
  test.each([
    [true, 5],
    [false, 0],
  ])("first bytes only for log lines that ask for samples: %s", (logsSamples, byteCount) => {
    const bench = new Bench(FRONTEND);
    bench.frontend("in").logsSamples = logsSamples;
    const client = bench.accept().send(Buffer.from("hello"));
    expect(client.session.context.request.bytes).toHaveLength(5);
    client.connected();
    expect(client.state).toBe("relaying");
    expect(client.session.context.request.bytes).toHaveLength(byteCount);
  });
});

test("steps of a log line are whole ms since the accept, and add up", () => {
  const bench = new Bench(FRONTEND);
  const client = bench.accept();
  bench.nowMs += 0.4;
  client.send(Buffer.from("hello"));
  bench.nowMs += 0.4;
  client.connected();
  bench.nowMs += 0.8;
  const counters = { bytesToServer: 5, bytesToClient: 0 };
  client.tell({ kind: "relay-ended", end: "client-closed", counters });
  const { queueMs, connectMs, totalMs } = bench.logs[0]!;
  expect([queueMs, connectMs, totalMs]).toEqual([0, 1, 2]);
});
