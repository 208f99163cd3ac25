import { describe, expect, test } from "vitest";
import { Bench } from "./bench.ts";

function bench(store: string, rules: string): Bench {
  return new Bench(
    `listen in
       mode tcp
       timeout client 10s
       bind :1883
       stick-table type ip size 10 expire 1m store ${store}
       tcp-request session track-sc0 src
       ${rules}
       server s 127.0.0.1:1`,
  );
}

describe("actions on tracked counters", () => {
  test.each([
    ["gpc0", "sc-inc-gpc0(0)", "gpc0", 0],
    ["gpc1", "sc-inc-gpc1(0)", "gpc1", 0],
    ["gpc(3)", "sc-inc-gpc0(0)", "gpc", 0],
    ["gpc(3)", "sc-inc-gpc1(0)", "gpc", 1],
    ["gpc(3)", "sc-inc-gpc(1,0)", "gpc", 1],
    ["gpc(3)", "sc-inc-gpc(2,0)", "gpc", 2],
    ["gpt0", "sc-set-gpt0(0) 1", "gpt0", 0],
    ["gpt(3)", "sc-set-gpt0(0) 1", "gpt", 0],
    ["gpt(3)", "sc-set-gpt(2,0) 1", "gpt", 2],
  ])("store %s: %s reaches %s[%i]", (store, action, type, index) => {
    const made = bench(store, `tcp-request session ${action}`);
    const { context } = made.accept().session;
    expect(context.tracked(0)?.read(type, index, made.nowMs)).toBe(1);
  });

  test("count the rate of a general counter too", () => {
    const made = bench(
      "gpc0,gpc0_rate(10s)",
      "tcp-request session sc-inc-gpc0(0)\n tcp-request session reject if { sc0_gpc0_rate gt 2 }",
    );
    const states = [1, 2, 3].map(() => made.accept().state);
    expect(states).toEqual(["connecting", "connecting", "ended"]);
  });

  test("keep a variable for the rules to come", () => {
    const made = bench(
      "gpc0",
      "tcp-request session set-var(sess.port) src_port\n" +
        "tcp-request content reject if { var(sess.port) -m int 5000 }",
    );
    expect(made.accept().state).toBe("ended");
    expect(made.accept(undefined, "10.0.0.1:5001").state).toBe("connecting");
  });

  test("set-src changes what the server is told and where the client sticks", () => {
    const made = bench("gpc0", "tcp-request content set-src ipv4(192.0.2.9)");
    const client = made.accept();
    expect(client.session.context.source).toMatchObject({ host: "192.0.2.9", port: 5000 });
  });
});
