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
