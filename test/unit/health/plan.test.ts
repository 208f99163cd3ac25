import { describe, expect, test } from "vitest";
import type { CheckMethod } from "../../../src/config/model/check.ts";
import type { Server } from "../../../src/config/model/server.ts";
import { planAgent, planCheck } from "../../../src/health/plan.ts";
import type { CheckStep } from "../../../src/health/plan.ts";
import { backend, checkSettings, connectRule, httpExpect, httpSend, server } from "./fixtures.ts";

const TLS = { verify: "none", reuse: true } as const;

function steps(method: CheckMethod, overrides: Partial<Server> = {}): readonly CheckStep[] {
  const checked = server(overrides);
  return planCheck(backend("be", [checked], method), checked)!.steps;
}

describe("planCheck()", () => {
  test("gives nothing for a server without check", () => {
    const { check: _, ...unchecked } = server();
    expect(planCheck(backend("be", [unchecked], { kind: "tcp" }), unchecked)).toBeUndefined();
  });

  test("takes over ssl and send-proxy of the server line unless the check goes elsewhere", () => {
    const sendProxy = { version: 2, options: [] } as const;
    const same = steps({ kind: "tcp" }, { tls: TLS, sendProxy });
    expect(same[0]).toMatchObject({ tls: true, sendProxy: 2 });
    const elsewhere = checkSettings({ port: 8080 });
    const other = steps({ kind: "tcp" }, { tls: TLS, sendProxy, check: elsewhere });
    expect(other[0]).toMatchObject({ tls: false, endpoint: { port: 8080 } });
    expect(other[0]).not.toHaveProperty("sendProxy");
  });

  test("checks addr and port instead of the server's own", () => {
    const check = checkSettings({ host: "[::1]", port: 81, sendProxy: true });
    expect(steps({ kind: "tcp" }, { check })[0]).toMatchObject({
      endpoint: { kind: "ip", family: 6, host: "::1", port: 81 },
      sendProxy: 1,
    });
  });

  test("makes a bare connect rule plain, and one with `default` like the server", () => {
    const check = checkSettings({ tls: true, sni: "broker" });
    const of = (rule: ReturnType<typeof connectRule>) =>
      steps({ kind: "tcp-check", rules: [rule] }, { check })[0];
    expect(of(connectRule())).toMatchObject({ tls: false, number: 1 });
    expect(of(connectRule({ default: true }))).toMatchObject({ tls: true, sni: "broker" });
    expect(of(connectRule({ tls: true, port: 5 }))).toMatchObject({ tls: true, port: 5 });
  });

  test("completes option httpchk with OPTIONS / HTTP/1.0 and the default verdict", () => {
    const plain = steps({ kind: "httpchk", rules: [] });
    expect(plain.map((step) => step.kind)).toEqual(["connect", "send", "expect-http"]);
    const request = plain[1] as Extract<CheckStep, { kind: "send" }>;
    expect(Buffer.from(request.bytes).toString()).toBe("OPTIONS / HTTP/1.0\r\n\r\n");
    expect(plain[2]).toMatchObject({ rule: "default" });
    const expectOnly = steps({ kind: "httpchk", rules: [httpExpect("status", "200")] });
    expect(expectOnly.map((step) => step.kind)).toEqual(["connect", "send", "expect-http"]);
  });

  test("writes requests byte for byte as HAProxy does", () => {
    const headers = [
      ["Host", "bar"],
      ["X-Y", "z z"],
    ] as const;
    const send = { ...httpSend("POST", "/x", "HTTP/1.1", headers), body: "hello" };
    const made = steps({ kind: "httpchk", rules: [send] })[1];
    expect(Buffer.from((made as { bytes: Uint8Array }).bytes).toString()).toBe(
      "POST /x HTTP/1.1\r\nhost: bar\r\nx-y: z z\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
    );
  });

  test("uses the address found for a name, and unix sockets as they are", () => {
    const named = server({ address: { kind: "name", host: "b", port: 1 } });
    const resolved = { kind: "ip", family: 4, host: "10.0.0.9", port: 1884 } as const;
    const plan = planCheck(backend("be", [named], { kind: "tcp" }), named, resolved)!;
    expect(plan.steps[0]).toMatchObject({ endpoint: resolved });
    const address = { kind: "unix", path: "/run/b", abstract: false } as const;
    expect(steps({ kind: "tcp" }, { address })[0]).toMatchObject({ endpoint: address });
  });
});

describe("planAgent()", () => {
  test("asks agent-addr and agent-port at agent-inter", () => {
    const agent = { port: 99, host: "10.1.1.1", intervalMs: 500 };
    const checked = server({ agent });
    const plan = planAgent(backend("be", [checked], { kind: "tcp" }), checked)!;
    expect(plan.totalTimeoutMs).toBe(500);
    expect(plan.steps[0]).toMatchObject({ endpoint: { host: "10.1.1.1", port: 99 }, tls: false });
  });
});
