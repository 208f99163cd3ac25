import { describe, expect, test } from "vitest";
import { isHaproxyCheck, isHaproxyProcess } from "../../../../ha/config/haproxy-check.ts";

const CHECKS: readonly (readonly string[])[] = [
  ["killall", "-0", "haproxy"],
  ["/usr/bin/killall", "-0", "haproxy"],
  ["killall", "-q0", "haproxy"],
  ["killall", "-s", "0", "haproxy"],
  ["killall", "--signal", "0", "/usr/sbin/haproxy"],
  ["killall -0 haproxy"],
  ["sudo", "-n", "/usr/bin/killall", "-0", "haproxy"],
  ["pkill", "-0", "-x", "haproxy"],
  ["pidof", "haproxy"],
  ["/bin/pidof", "-s", "/usr/sbin/haproxy"],
  ["pgrep", "-x", "haproxy"],
  ["pgrep", "-u", "haproxy", "haproxy"],
  ["pidof", "haproxy", ">/dev/null", "2>&1"],
  ["pidof", "haproxy", ">", "/dev/null", "||", "exit", "1"],
  ["systemctl", "is-active", "--quiet", "haproxy"],
  ["/bin/systemctl", "-q", "is-active", "haproxy.service"],
  ["systemctl", "status", "haproxy"],
  ["service", "haproxy", "status"],
  ["/etc/init.d/haproxy", "status"],
  ["/bin/sh", "-c", "killall -0 haproxy"],
  ["bash", "-c", "pidof haproxy || exit 1"],
];

const OTHERS: readonly (readonly string[])[] = [
  [],
  [""],
  ["killall", "haproxy"],
  ["killall", "-0", "nginx"],
  ["killall", "-0", "haproxy", "nginx"],
  ["killall", "-10", "haproxy"],
  ["pkill", "-HUP", "haproxy"],
  ["pidof", "haproxy-exporter"],
  ["pidof", "haproxy", "||", "systemctl", "start", "haproxy"],
  ["systemctl", "restart", "haproxy"],
  ["systemctl", "is-active", "nginx"],
  ["service", "haproxy", "restart"],
  ["/etc/keepalived/check_haproxy.sh"],
  ["curl", "-f", "http://localhost:1936/haproxy"],
  ["nc", "-z", "localhost", "1883"],
  ["sh", "-c", "sh -c 'killall -0 haproxy'"],
  ["sh", "-c"],
];

describe("isHaproxyCheck", () => {
  test.each(CHECKS.map((words) => [words.join(" "), words] as const))("knows %s", (_, words) => {
    expect(isHaproxyCheck(words)).toBe(true);
  });

  test.each(OTHERS.map((words) => [words.join(" "), words] as const))(
    "leaves alone: %s",
    (_, words) => {
      expect(isHaproxyCheck(words)).toBe(false);
    },
  );
});

describe("isHaproxyProcess", () => {
  test("knows the name with and without a folder, and no longer name", () => {
    expect(isHaproxyProcess(["haproxy"])).toBe(true);
    expect(isHaproxyProcess(["/usr/sbin/haproxy", "-Ws"])).toBe(true);
    expect(isHaproxyProcess(["haproxy-exporter"])).toBe(false);
    expect(isHaproxyProcess([])).toBe(false);
  });
});
