// A node of the lab, whatever runs on it, with the processes that a fault may hit.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { startKeepalived } from "../support/keepalived.ts";
import type { Host, Lan } from "../support/netns.ts";
import { startNode } from "../support/tandem-agent.ts";
import { tempDir } from "../support/temp.ts";
import { agentText, balancerText, type NodeName, type PairFiles } from "./configuration.ts";

/** What runs on a node. */
export type Kind = "tandem" | "haproxy+keepalived";

/** Which of a node's processes: for HAProxy + Keepalived the guard is Keepalived's parent process. */
export type Part = "guard" | "agent" | "balancer" | "all";

const PREPARED_MS = 30_000;

/** A running node. */
export interface Member {
  readonly kind: Kind;
  /** The processes of a part, now. */
  pids(part: Part): Promise<readonly number[]>;
  /** Asks the whole node to stop (SIGTERM), and does not wait. */
  terminate(): void;
  /** Whether it has gone by itself. */
  hasEnded(): boolean;
  /** Resolves when it has nothing left to prepare: Tandem loads a second balancer after its start. */
  prepared(): Promise<void>;
  /** Gives its balancer another configuration. */
  reload(text: string): Promise<void>;
  /** Where its control sockets are; Tandem only. */
  readonly controlFolder?: string;
}

/** Starts a node; ready once its programs say so. */
export async function startMember(
  lan: Lan,
  name: NodeName,
  kind: Kind,
  files: PairFiles,
): Promise<Member> {
  const start = kind === "tandem" ? startTandemMember : startClassicMember;
  return start(lan, name, files);
}

async function startTandemMember(lan: Lan, name: NodeName, files: PairFiles): Promise<Member> {
  const node = await startNode(lan.host(name), {
    keepalived: agentText(lan, name, files),
    haproxy: balancerText(lan, name),
    readyTimeoutMs: PREPARED_MS,
  });
  const guard = node.process.pid;
  return {
    kind: "tandem",
    controlFolder: node.controlFolder,
    async pids(part) {
      if (part === "guard") return [guard];
      return part === "all" ? withDescendants(guard) : [await node.childPid(part)];
    },
    terminate: () => node.process.kill("SIGTERM"),
    reload(text) {
      node.rewriteBalancer(text);
      node.process.kill("SIGHUP");
      return Promise.resolve();
    },
    async prepared() {
      await node.process.waitForOutput(/stands in reserve for the balancer/, PREPARED_MS);
    },
    hasEnded: () => node.process.status() !== undefined,
  };
}

async function startClassicMember(lan: Lan, name: NodeName, files: PairFiles): Promise<Member> {
  const host = lan.host(name);
  const dir = tempDir();
  const configFile = path.join(dir, "haproxy.cfg");
  writeFileSync(configFile, balancerText(lan, name));
  let haproxy = await host.start({
    command: "haproxy",
    args: ["-db", "-f", configFile],
    ready: () => listens(host),
  });
  const pidFile = path.join(dir, "haproxy.pid");
  writeFileSync(pidFile, String(haproxy.pid));
  let olds: number[] = [];
  // What `killall -0 haproxy` asks on a machine of its own: names are not separated by namespaces.
  const checkFile = path.join(dir, "check");
  writeFileSync(checkFile, `kill -0 "$(cat ${pidFile})"\n`);
  const keepalived = await startKeepalived(host, agentText(lan, name, files, checkFile));
  return {
    kind: "haproxy+keepalived",
    pids(part) {
      const agent =
        part === "agent" || part === "all" ? withDescendants(keepalived.process.pid) : [];
      const guard = part === "guard" ? [keepalived.process.pid] : [];
      const balancer = part === "balancer" || part === "all" ? [haproxy.pid, ...olds] : [];
      return Promise.resolve([...guard, ...agent, ...balancer]);
    },
    prepared: () => Promise.resolve(),
    async reload(text) {
      writeFileSync(configFile, text);
      const old = haproxy.pid;
      olds = [...olds, old];
      const args = ["-db", "-f", configFile, "-sf", String(old)];
      haproxy = await host.start({ command: "haproxy", args });
      writeFileSync(pidFile, String(haproxy.pid));
    },
    terminate() {
      keepalived.process.kill("SIGTERM");
      haproxy.kill("SIGTERM");
    },
    hasEnded: () => keepalived.process.status() !== undefined && haproxy.status() !== undefined,
  };
}

async function listens(host: Host): Promise<boolean> {
  const shown = await host.run("ss", "-Hltn", "sport = :1883");
  return shown.stdout.trim() !== "";
}

/** A process and all below it (proc(5), "children"). */
function withDescendants(pid: number): number[] {
  let children: string;
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  } catch {
    return [];
  }
  return [pid, ...children.split(" ").filter(Boolean).map(Number).flatMap(withDescendants)];
}
