import { expect, test } from "vitest";
import { reloadObjection } from "../../../../ha/config/reload.ts";
import { agentConfiguration } from "../../../support/agent-configuration.ts";

const RUNNING = agentConfiguration();
const EMPTY = agentConfiguration({ instances: [] });

test("a reload may change anything but leave nothing", () => {
  const good = { configuration: RUNNING, isUsable: true };
  expect(reloadObjection(RUNNING, good)).toBeUndefined();
  expect(reloadObjection(EMPTY, { configuration: EMPTY, isUsable: true })).toBeUndefined();
  expect(reloadObjection(RUNNING, { ...good, isUsable: false })).toContain("errors");
  expect(reloadObjection(RUNNING, { configuration: EMPTY, isUsable: true })).toContain(
    "no vrrp_instance",
  );
});
