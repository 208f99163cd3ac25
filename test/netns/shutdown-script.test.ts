// A shutdown script that takes its time: the guard waits for it, and no longer.
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { createLan, noNamespaces } from "../support/netns.ts";
import { startNode, type TandemNode } from "../support/tandem-agent.ts";
import { tempDir } from "../support/temp.ts";

/** A running agent whose shutdown script takes so long, and the file that the script makes at its end. */
async function startAgent(
  seconds: number,
  timeoutSeconds: number,
): Promise<{ node: TandemNode; made: string; removed: () => Promise<boolean> }> {
  const host = (await createLan(["a"])).host("a");
  const dir = tempDir();
  const [script, made] = [path.join(dir, "down.sh"), path.join(dir, "made")];
  writeFileSync(script, `#!/bin/sh\nsleep ${seconds}\ntouch ${made}\n`);
  chmodSync(script, 0o755);
  const node = await startNode(host, {
    keepalived: `global_defs {
  shutdown_script ${script} root
  shutdown_script_timeout ${timeoutSeconds}
}
vrrp_instance one {
  interface eth0
  virtual_router_id 51
  priority 150
  version 3
  advert_int 0.1
  virtual_ipaddress { 10.98.0.100/24 }
}
`,
  });
  await node.process.waitForOutput(/Entering MASTER STATE/);
  return { node, made, removed: async () => !(await host.hasAddress("10.98.0.100")) };
}

describe.skipIf(noNamespaces !== undefined)(`shutdown_script ${noNamespaces ?? ""}`, () => {
  test("longer than an agent's own end may take: it ends by itself, after the VIPs", async () => {
    const { node, made, removed } = await startAgent(6, 10);
    node.process.kill("SIGTERM");
    await node.process.waitForOutput(/Stopping: the guard asks for it/);
    expect(await node.process.exited).toEqual({ code: 0, signal: null });
    expect(existsSync(made)).toBe(true);
    expect(await removed()).toBe(true);
    expect(node.process.output()).not.toMatch(/is lost|not done after|did not end/);
  });

  test("longer than it may take itself: it is ended, and so is the node", async () => {
    const { node, made, removed } = await startAgent(60, 1);
    node.process.kill("SIGTERM");
    expect(await node.process.exited).toEqual({ code: 0, signal: null });
    expect(existsSync(made)).toBe(false);
    expect(await removed()).toBe(true);
    expect(node.process.output()).toMatch(/ran longer than 1 s and was ended/);
  });

  test("the agent that is told to end by itself beats on during its script", async () => {
    const { node, made } = await startAgent(2, 10);
    process.kill(await node.childPid("agent"), "SIGTERM");
    await node.process.waitForOutput(/Agent \(run 1\) is lost: it exited with status 0/);
    expect(existsSync(made)).toBe(true);
  });
});
