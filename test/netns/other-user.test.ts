// A balancer that gives up root (`user` in `global`) beside a guard and an agent that stay root's.
import { statSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { createLan, noNamespaces } from "../support/netns.ts";
import { startNode } from "../support/tandem-agent.ts";
import { waitFor } from "../support/wait-for.ts";
import { instanceText } from "./agents.ts";

const CONFIG = `
global
  user nobody
  group nogroup
defaults
  mode tcp
  timeout connect 1s
  timeout client 9s
  timeout server 9s
listen mqtt
  bind 127.0.0.1:1883
  server s1 127.0.0.1:1
frontend figures
  mode http
  bind 127.0.0.1:8404
  http-request use-service prometheus-exporter if { path /metrics }
`;

const FETCH = "fetch('http://127.0.0.1:8404/metrics').then((r) => r.text()).then(console.log)";

describe.skipIf(noNamespaces !== undefined)(
  `a balancer of another user ${noNamespaces ?? ""}`,
  () => {
    test("may read how agent and guard stand, and no more, also after they were restarted", async () => {
      const lan = await createLan(["a"]);
      const host = lan.host("a");
      const node = await startNode(host, {
        keepalived: instanceText({ priority: 100 }),
        haproxy: CONFIG,
      });
      const isSeen = async (agentRuns: number): Promise<boolean> => {
        const figures = await host.mustRun(process.execPath, "-e", FETCH);
        const runs = `tandem_guard_child_runs_total{child="agent"} ${agentRuns}\n`;
        return /^tandem_vrrp_up 1$/m.test(figures) && figures.includes(runs);
      };
      const what = (): string => `figures of the agent; ${node.process.output()}`;
      await waitFor(() => isSeen(1), { timeoutMs: 15_000, intervalMs: 100, what });
      const modes = ["agent", "guard", "agent-read", "guard-read"].map(
        (name) => statSync(path.join(node.controlFolder, `${name}.sock`)).mode & 0o777,
      );
      expect(modes).toEqual([0o600, 0o600, 0o660, 0o660]);
      expect(statSync(node.controlFolder).mode & 0o7777).toBe(0o2710);
      process.kill(await node.childPid("agent"), "SIGKILL");
      await node.process.waitForOutput(/The agent is process \d+ \(run 2\)/);
      await waitFor(() => isSeen(2), { timeoutMs: 15_000, intervalMs: 100, what });
    }, 60_000);
  },
);
