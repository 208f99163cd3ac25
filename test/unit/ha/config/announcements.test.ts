import { expect, test } from "vitest";
import { instanceWith, readText } from "./read-text.ts";

function refreshOf(text: string): number {
  return readText(text).configuration.instances[0]!.announcements.refreshMs;
}

test("a master announces its addresses once a minute, unless the file says otherwise", () => {
  expect(refreshOf(instanceWith(""))).toBe(60_000);
  expect(refreshOf(instanceWith("garp_master_refresh 10"))).toBe(10_000);
  expect(refreshOf(instanceWith("garp_master_refresh 0"))).toBe(0);
  const global = (line: string): string => `global_defs {\n ${line}\n}\n`;
  expect(refreshOf(global("vrrp_garp_master_refresh 0") + instanceWith(""))).toBe(0);
  expect(refreshOf(global("vrrp_min_garp") + instanceWith(""))).toBe(0);
});
