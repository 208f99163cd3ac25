// What a user is told, and what a file means where Keepalived's manual is easily misread.
import { describe, expect, test } from "vitest";
import type { InstanceConfiguration } from "../../../../ha/config/model/instance.ts";
import { printIp } from "../../../../src/base/ip.ts";
import { instanceWith, messagesOf, readText } from "./read-text.ts";

function instanceOf(lines: string): InstanceConfiguration {
  return readText(instanceWith(lines)).configuration.instances[0]!;
}

function addressesOf(text: string): readonly string[] {
  const { vips } = readText(text).configuration.instances[0]!;
  return vips.map((vip) => `${printIp(vip.address)}/${vip.prefixLength}`);
}

describe("unknown words", () => {
  test("raise for rise is found", () => {
    const outcome = readText("vrrp_script c {\n script /bin/true\n raise 2\n}\n");
    const finding = outcome.diagnostics.find(({ message }) => message.includes("raise"));
    expect(finding).toMatchObject({
      message: "Unknown keyword 'raise'",
      hint: "did you mean 'rise'?",
      position: { file: "k.conf", line: 3 },
    });
    expect(outcome).toMatchObject({ exitCode: 6, isUsable: true });
  });

  test("a misspelt directive behind #tandem prevents the start", () => {
    const outcome = readText("global_defs {\n #tandem balancer-timeuot 1s\n}\n");
    expect(outcome.isUsable).toBe(false);
    expect(outcome.diagnostics).toMatchObject([
      { severity: "alert", hint: "did you mean 'balancer-timeout'?", position: { line: 2 } },
    ]);
  });

  test("a directive with an open quote behind #tandem prevents the start", () => {
    expect(readText('#tandem vip-up "/bin/x\n').isUsable).toBe(false);
  });

  test("Keepalived's own words behind #tandem are refused", () => {
    expect(readText(instanceWith("#tandem priority 90")).isUsable).toBe(false);
  });
});

describe("instances", () => {
  test("state MASTER without a priority is the address owner", () => {
    expect(instanceOf("state MASTER").priority).toBe(255);
    expect(instanceOf("state MASTER\npriority 90").priority).toBe(90);
    expect(instanceOf("").priority).toBe(100);
  });

  test.each([
    ["0.1", 2, 1_000],
    ["1.4", 2, 1_000],
    ["1.5", 2, 2_000],
    ["0.1", 3, 100],
    ["0.015", 3, 20],
    ["41", 3, 40_950],
  ])("advert_int %s in version %i is %i ms", (text, version, expectedMs) => {
    const instance = instanceOf(`version ${version}\nadvert_int ${text}`);
    expect(instance.advertIntervalMs).toBe(expectedMs);
  });

  test("nopreempt is cleared by state MASTER", () => {
    expect(instanceOf("nopreempt").isNopreempt).toBe(true);
    expect(instanceOf("state MASTER\npriority 90\nnopreempt").isNopreempt).toBe(false);
  });

  test("a higher advert is answered unless a file or strictness forbids it", () => {
    expect(instanceOf("").isHigherPriorityAnswered).toBe(true);
    expect(instanceOf("higher_prio_send_advert off").isHigherPriorityAnswered).toBe(false);
    expect(instanceOf("strict_mode").isHigherPriorityAnswered).toBe(false);
  });

  test("IPv6 is version 3 and has no password", () => {
    const text = instanceWith("authentication {\n auth_type PASS\n auth_pass x\n}");
    const instance = readText(text.replace("10.9.9.9/24", "fe80::9/64")).configuration.instances[0];
    expect(instance).toMatchObject({ family: 6, version: 3, authentication: { kind: "none" } });
  });

  test("global_defs counts wherever it stands, and an instance's own word before it", () => {
    const globals = "global_defs {\n vrrp_version 3\n vrrp_garp_master_repeat 2\n}\n";
    const instance = readText(instanceWith("garp_master_delay 1") + globals).configuration
      .instances[0]!;
    expect(instance.version).toBe(3);
    expect(instance.announcements).toMatchObject({ repeat: 2, secondSetAfterMs: 1_000 });
    expect(instance.announcements.lowerPriorityRepeat).toBe(2);
  });

  test("weights go where a sync group or an address owner cannot have them", () => {
    const script = 'vrrp_script c {\n script "/bin/true"\n weight 5\n}\n';
    const owner = readText(script + instanceWith("priority 255\ntrack_script { c }"));
    expect(owner.configuration.instances[0]!.trackedScripts).toEqual([]);
    expect(messagesOf(owner)).toContain(
      "10: (V) ignoring tracked script c with weights due to address_owner",
    );
  });
});

describe("definitions and sequences", () => {
  test("are lazy: a value is what it is where it is used", () => {
    const text = "$A=10.2.${B}\n$B=0\n${A}.100/32\n$B=10\n${A}.100/32\n";
    const lines = text.replaceAll("${A}.100/32", "virtual_ipaddress { ${A}.100/32 }");
    expect(addressesOf(`vrrp_instance V {\ninterface e\nvirtual_router_id 1\n${lines}}\n`)).toEqual(
      ["10.2.0.100/32", "10.2.10.100/32"],
    );
  });

  test("~SEQx counts in hexadecimal, two on a line multiply", () => {
    const text = instanceWith("").replace(
      "{ 10.9.9.9/24 }",
      "{\n~SEQx(A,0x90,0x10,0xa0) ~SEQ(B,2,-1,1) fe80::${A}:${B}\n}",
    );
    expect(addressesOf(text)).toEqual([
      "fe80::90:2/128",
      "fe80::90:1/128",
      "fe80::a0:2/128",
      "fe80::a0:1/128",
    ]);
  });

  test("conditions keep the lines of one node", () => {
    const lines = "@lb1 priority 150\n@lb2 priority 90\n@^lb1 nopreempt\n@^lb2 version 3";
    expect(instanceOf(lines)).toMatchObject({ priority: 150, isNopreempt: false, version: 3 });
  });

  test("included files stand where the line stands, relative to their includer", () => {
    const files = { "d/a.conf": "include b.conf\nversion 3\n", "d/b.conf": "priority 42\n" };
    const outcome = readText(instanceWith("include d/a.conf\nnopreempt"), {}, files);
    expect(outcome.configuration.instances[0]).toMatchObject({
      priority: 42,
      version: 3,
      isNopreempt: true,
    });
  });
});

describe("directives of Tandem", () => {
  test("mean the same plain and behind #tandem", () => {
    const plain = readText("global_defs {\n balancer-timeout 1s\n}\n");
    const hidden = readText("global_defs {\n #tandem balancer-timeout 1s\n}\n");
    expect(plain.configuration.tandem.balancerTimeoutMs).toBe(1_000);
    expect(hidden.configuration).toEqual(plain.configuration);
  });

  test("the balancer's watch answers only where there is a balancer", () => {
    const text = `#tandem map-haproxy-checks\nvrrp_script c {\n script "killall -0 haproxy"\n}\n`;
    const watch = (hasBalancer: boolean): boolean | undefined =>
      readText(text, { hasBalancer }).configuration.scripts[0]?.isBalancerWatch;
    expect([watch(true), watch(false)]).toEqual([true, false]);
  });
});
