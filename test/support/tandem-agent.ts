import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Host } from "./netns.ts";
import type { RunningProcess } from "./process.ts";
import { REPOSITORY_DIR } from "./repository.ts";
import { tempDir } from "./temp.ts";

const TANDEM = path.join(REPOSITORY_DIR, "bin", "tandem");

/** A guard with its agent, and its balancer when it is a whole node. */
export interface TandemNode {
  /** The guard. */
  readonly process: RunningProcess;
  readonly configFile: string;
  /** Where the node's dumps go. */
  readonly dumpFolder: string;
  /** Where the node's control sockets are. */
  readonly controlFolder: string;
  /** Replaces the keepalived.conf. */
  rewrite(config: string): void;
  /** Replaces the haproxy.cfg of a whole node. */
  rewriteBalancer(config: string): void;
  /** The process id of a child, as the guard's log tells it. */
  childPid(child: "agent" | "balancer"): Promise<number>;
}

/** Files of a node. */
export interface NodeFiles {
  readonly keepalived: string;
  /** With it the node runs a balancer, too. */
  readonly haproxy?: string;
  /** How long it may take to be ready; default 10,000 ms. */
  readonly readyTimeoutMs?: number;
}

/** Starts `tandem agent` or `tandem run` on a host; ready once the guard says so. */
export async function startNode(host: Host, files: NodeFiles): Promise<TandemNode> {
  const dir = tempDir();
  const configFile = path.join(dir, "keepalived.conf");
  const rewrite = (config: string): void => writeFileSync(configFile, config);
  rewrite(files.keepalived);
  const balancer: string[] = [];
  const balancerFile = path.join(dir, "haproxy.cfg");
  const rewriteBalancer = (config: string): void => writeFileSync(balancerFile, config);
  if (files.haproxy !== undefined) {
    rewriteBalancer(files.haproxy);
    balancer.push("-f", balancerFile);
  }
  const running = await host.start({
    command: TANDEM,
    args: [
      files.haproxy === undefined ? "agent" : "run",
      ...balancer,
      ...["--control-dir", dir, "-k", configFile],
    ],
    env: { TMPDIR: dir },
    ready: (child) => child.stderr().includes('"msg":"ready"'),
    ...(files.readyTimeoutMs === undefined ? {} : { readyTimeoutMs: files.readyTimeoutMs }),
    stopTimeoutMs: 5_000,
  });
  return {
    process: running,
    configFile,
    dumpFolder: dir,
    controlFolder: dir,
    rewrite,
    rewriteBalancer,
    async childPid(child) {
      const line = new RegExp(`The ${child} is process (\\d+)`, "g");
      await running.waitForOutput(new RegExp(line.source));
      return Number([...running.output().matchAll(line)].at(-1)![1]);
    },
  };
}
