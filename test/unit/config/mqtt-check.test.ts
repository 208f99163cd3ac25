import { describe, expect, test } from "vitest";
import { describeConfiguration } from "../../../src/config/describe.ts";
import type { CheckMethod } from "../../../src/config/model/check.ts";
import type { CheckSettings } from "../../../src/config/model/server.ts";
import { planCheck } from "../../../src/health/plan.ts";
import { readText } from "./read-text.ts";

interface Read {
  readonly method: CheckMethod;
  readonly checks: readonly (CheckSettings | undefined)[];
}

function read(lines: readonly string[], defaults: readonly string[] = []): Read {
  const head = ["defaults\n", ...defaults.map(indented), "backend b\n"];
  const { configuration, diagnostics } = readText([...head, ...lines.map(indented)].join(""));
  expect(diagnostics.filter(({ severity }) => severity === "alert")).toEqual([]);
  const { backend } = configuration.proxies[0]!;
  return { method: backend!.check, checks: backend!.servers.map(({ check }) => check) };
}

const indented = (line: string): string => ` ${line}\n`;

describe("option mqtt-check", () => {
  test("has defaults for everything", () => {
    const { method } = read(["#tandem option mqtt-check"]);
    const mqtt = { version: 4, clientIdPrefix: "tandem", keepaliveSeconds: 10 };
    expect(method).toEqual({ kind: "mqtt-check", mqtt });
  });

  test("reads all its words", () => {
    const { method } = read([
      "option mqtt-check ws version 5 client-id lb- username u password 'a b' keepalive 60 publish p within 2s slow 50ms slow-weight 25%",
    ]);
    expect(method).toEqual({
      kind: "mqtt-check",
      mqtt: {
        version: 5,
        clientIdPrefix: "lb-",
        username: "u",
        password: "a b",
        keepaliveSeconds: 60,
        publish: { topic: "p", withinMs: 2_000 },
        webSocketPath: "/mqtt",
        slow: { thresholdMs: 50, percentMin: 25 },
      },
    });
  });

  test("is inherited from defaults, and undone", () => {
    expect(read([], ["option mqtt-check version 5"]).method).toMatchObject({
      mqtt: { version: 5 },
    });
    expect(read(["no option mqtt-check"], ["option mqtt-check"]).method).toEqual({ kind: "tcp" });
    expect(read(["option tcp-check"], ["option mqtt-check"]).method.kind).toBe("tcp-check");
  });

  test("checks servers without `inter` often enough to find a frozen one in 2 s", () => {
    const { checks } = read(["option mqtt-check", "server a 10.0.0.1:1 check"]);
    expect(checks[0]).toMatchObject({ intervalMs: 500, fastIntervalMs: 100, fall: 2, rise: 2 });
  });

  test("leaves a server its own pace", () => {
    const { checks } = read([
      "option mqtt-check",
      "server a 10.0.0.1:1 check inter 5s",
      "server b 10.0.0.1:1 check fall 4 rise 7 fastinter 1s",
      "default-server inter 3s",
      "server c 10.0.0.1:1 check",
    ]);
    expect(checks[0]).toMatchObject({ intervalMs: 5_000, fall: 3 });
    expect(checks[0]?.fastIntervalMs).toBeUndefined();
    expect(checks[1]).toMatchObject({ intervalMs: 500, fastIntervalMs: 1_000, fall: 4, rise: 7 });
    expect(checks[2]).toMatchObject({ intervalMs: 3_000, fall: 3 });
  });

  test("changes nothing for other checks", () => {
    const { checks } = read(["option tcp-check", "server a 10.0.0.1:1 check"]);
    expect(checks[0]).toMatchObject({ intervalMs: 2_000, fall: 3 });
    expect(checks[0]?.fastIntervalMs).toBeUndefined();
  });

  test("gives each server of each process a client identifier of its own", () => {
    const text = "backend b\n option mqtt-check client-id lb\n server a 10.0.0.1:1 check\n";
    const [proxy] = readText(text).configuration.proxies;
    const steps = planCheck(proxy!, proxy!.backend!.servers[0]!, undefined, "x7")!.steps;
    expect(steps.map(({ kind }) => kind)).toEqual(["connect", "mqtt"]);
    expect(steps[1]).toMatchObject({ spec: { clientId: "lbx7p1s1", host: "10.0.0.1:1" } });
  });

  test("says how late a frozen broker is found by a pace that is slower than its own", () => {
    const hint = (...lines: readonly string[]): string | undefined => {
      const text = `backend b\n option mqtt-check\n${lines.map(indented).join("")}`;
      const told = describeConfiguration(readText(text).configuration);
      return /found after up to (\d+ ms), by its ([^;]*);/.exec(told)?.slice(1).join(" ");
    };
    expect(hint("server a 10.0.0.1:1 check")).toBeUndefined();
    expect(hint("server a 10.0.0.1:1 check inter 2s")).toBe("12000 ms 'inter' and 'fall'");
    const slow = hint("timeout check 5s", "server a 10.0.0.1:1 check");
    expect(slow).toBe("10600 ms 'timeout check', 'inter' and 'fall'");
  });

  test("says where 'slow' changes nothing", () => {
    const told = (line: string): boolean => {
      const text = `backend b\n option mqtt-check slow 1s\n ${line}\n server a 10.0.0.1:1 check\n`;
      return describeConfiguration(readText(text).configuration).includes("'slow' of");
    };
    for (const line of ["balance source", "balance static-rr", "balance first"]) {
      expect(told(line), line).toBe(true);
    }
    expect(["balance leastconn", "balance source\n hash-type consistent"].map(told)).toEqual([
      false,
      false,
    ]);
  });

  test("shows no password", () => {
    const text =
      "backend b\n option mqtt-check username u password hush\n server a 10.0.0.1:1 check\n";
    const told = describeConfiguration(readText(text).configuration);
    expect(told).toContain("checked by mqtt-check every 500ms");
    expect(told).not.toContain("hush");
  });
});
