// A balancer whose guard was killed, and the node that is started next to it: in the same place, with
// the same files.
import path from "node:path";
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { waitFor } from "../support/wait-for.ts";
import { startSolo, VIP } from "./solo-node.ts";

const TANDEM = path.join(REPOSITORY_DIR, "bin", "tandem");
/** Of the limit without `hard-stop-after`, which is half a minute, see stop-sequence.test.ts. */
const HARD_STOP = "global\n  hard-stop-after 8s\n  stats socket 127.0.0.1:9999 level admin\n";

interface Status {
  readonly balancer?: { readonly pid: number; readonly isStopping: boolean } | null;
}

describe.skipIf(noNamespaces !== undefined)(
  `an orphaned balancer ${noNamespaces ?? ""}`,
  { timeout: 60_000 },
  () => {
    test("is in nobody's way, keeps its sessions for a while, and ends", async () => {
      const { host, node, balancerConfig, watch, hold, served } = await startSolo();
      node.rewriteBalancer(balancerConfig(HARD_STOP));
      node.process.kill("SIGHUP");
      await node.process.waitForOutput(/"msg":"reloaded"/);
      const held = await hold(5);
      const orphan = await node.childPid("balancer");
      process.kill(node.process.pid, "SIGKILL");
      await waitFor(() => !watch.isHeld);

      const { controlFolder, configFile } = node;
      const balancerFile = path.join(path.dirname(configFile), "haproxy.cfg");
      const next = await host.start({
        command: TANDEM,
        args: ["run", "-f", balancerFile, "-k", configFile, "--control-dir", controlFolder],
        ready: /"msg":"ready"/,
        readyTimeoutMs: 20_000,
      });
      const [, balancer] = await next.waitForOutput(/The balancer is process (\d+)/);
      await waitFor(() => host.hasAddress(VIP));
      await served(Date.now());
      // It has all places: the socket of the operator, and that of the runtime API.
      const status = await host.run(TANDEM, "status", "--json", "--control-dir", controlFolder);
      const { balancer: seen } = JSON.parse(status.stdout) as Status;
      expect(seen).toMatchObject({ pid: Number(balancer), isStopping: false });
      expect(next.output()).not.toContain("no control socket");
      expect(next.output()).not.toMatch(/EADDRINUSE|"level":"error"/);
      const listening = await host.mustRun("ss", "-Hltnp", "sport = :9999");
      expect(listening).toContain(`pid=${balancer!},`);

      // Two balancers do not serve for ever.
      await waitFor(async () => !(await host.pids()).includes(orphan), { timeoutMs: 15_000 });
      await waitFor(() => held.ended().length === 5);
      expect(await host.pids()).toContain(Number(balancer));
      // Its end took nothing from the other one.
      const later = await host.run(TANDEM, "status", "--json", "--control-dir", controlFolder);
      expect((JSON.parse(later.stdout) as Status).balancer).toMatchObject({
        pid: Number(balancer),
      });
      await served(Date.now());
    });
  },
);
