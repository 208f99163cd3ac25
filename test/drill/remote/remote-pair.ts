// Two machines over ssh, as rows see them. What is done to them ends by itself, also when ssh does not.
import { setTimeout as sleep } from "node:timers/promises";
import type { Part } from "../../lab/member.ts";
import type { VipWatch } from "../../support/vip-watch.ts";
import { endLater } from "../../support/cleanup.ts";
import { waitFor } from "../../support/wait-for.ts";
import type { RemotePlan } from "../plan.ts";
import { ROLES, type Pair, type Role } from "../row.ts";
import { SshHost } from "./ssh-host.ts";

/** How long a link stays down. */
const CUT_S = 8;
/** What ssh needs to tell that a command was begun. */
const ANSWER_S = 0.5;
const RECOVER_MS = 90_000;
/** The longest rest between two questions to a node. */
const REST_MS_MAX = 10_000;
const LOOPS_PER_CPU = 4;

/** What is read of `tandem status --json`. */
interface NodeStatus {
  readonly guard?: { readonly pid?: number; readonly report?: { readonly isFit?: boolean } } | null;
  readonly agent?: {
    readonly pid?: number;
    readonly instances?: readonly { readonly advertIntervalMs?: number }[];
  } | null;
  readonly balancer?: { readonly pid?: number } | null;
}

/** What the nodes are like, for a reader of their figures. */
export interface Conditions {
  /** The longest interval of a virtual router; absent where the node did not say. */
  readonly advertMs?: number;
  /** The machine is virtual, and its processor is a program. */
  readonly isEmulated: boolean;
}

function advertMsOf({ agent }: NodeStatus): number {
  const instances = agent?.instances ?? [];
  return Math.max(0, ...instances.flatMap(({ advertIntervalMs }) => advertIntervalMs ?? []));
}

function isFitIn(status: NodeStatus | undefined): boolean {
  return status?.guard?.report?.isFit === true;
}

/**
 * The same question, asked half of the time at most: it starts a program on the node, which is work for an
 * emulated processor.
 */
function unhurried<T>(ask: () => Promise<T>): () => Promise<T> {
  let restMs = 0;
  return async () => {
    await sleep(restMs);
    const startedMs = performance.now();
    try {
      return await ask();
    } finally {
      restMs = Math.min(performance.now() - startedMs, REST_MS_MAX);
    }
  };
}

/** See the head of this file. Whoever holds the VIP when it is made is the master. */
export class RemotePair implements Pair {
  readonly hosts: Readonly<Record<Role, SshHost>>;
  readonly #plan: RemotePlan;
  /** What each node said last. */
  readonly #known = new Map<Role, NodeStatus>();
  /** Those that were told to stop, and not yet to start. */
  readonly #toldToStop = new Set<Role>();
  /** Who was stopped is told by no status where to continue. */
  readonly #stopped = new Map<Role, readonly number[]>();

  private constructor(hosts: Readonly<Record<Role, SshHost>>, plan: RemotePlan) {
    this.hosts = hosts;
    this.#plan = plan;
  }

  /** Connects to both and waits until one of them holds the VIP and both could. */
  static async connect(plan: RemotePlan): Promise<RemotePair> {
    const [one, other] = await Promise.all([
      SshHost.connect(plan.nodes[0], plan),
      SshHost.connect(plan.nodes[1], plan),
    ]);
    const hosts = await waitFor(
      async () => {
        const held = [await one.hasAddress(plan.vip), await other.hasAddress(plan.vip)];
        if (held[0] === held[1]) return undefined;
        return held[0] === true ? { master: one, backup: other } : { master: other, backup: one };
      },
      {
        timeoutMs: RECOVER_MS * plan.patience,
        intervalMs: 200,
        what: `one node to hold ${plan.vip}`,
      },
    );
    const pair = new RemotePair(hosts, plan);
    const whenFit = (role: Role): Promise<boolean> =>
      waitFor(
        unhurried(() => pair.isFit(role)),
        {
          timeoutMs: RECOVER_MS * plan.patience,
          intervalMs: 300,
          what: `${hosts[role].name} to be fit to serve`,
        },
      );
    await Promise.all(ROLES.map(whenFit));
    return pair;
  }

  /** The same two nodes, where the VIP has gone over to the other one since. */
  turned(): RemotePair {
    const { master, backup } = this.hosts;
    const pair = new RemotePair({ master: backup, backup: master }, this.#plan);
    for (const role of ROLES) {
      const status = this.#known.get(role);
      if (status !== undefined) pair.#known.set(role === "master" ? "backup" : "master", status);
    }
    return pair;
  }

  /** Asks the master what its figures depend on, beside its programs. */
  async conditions(): Promise<Conditions> {
    const { master } = this.hosts;
    const kind = await master.run("systemd-detect-virt", "--vm");
    // With hardware that helps it says "kvm".
    const isEmulated = kind.stdout.trim() === "qemu";
    const advertMs = advertMsOf(this.#known.get("master") ?? {});
    return { ...(advertMs === 0 ? {} : { advertMs }), isEmulated };
  }

  async signal(role: Role, part: Part, signal: NodeJS.Signals): Promise<number> {
    const pids =
      signal === "SIGCONT" ? (this.#stopped.get(role) ?? []) : await this.#pids(role, part);
    if (pids.length === 0) {
      throw new Error(`${this.hosts[role].name}: "tandem status --json" named no ${part}`);
    }
    if (signal === "SIGSTOP") {
      this.#stopped.set(role, pids);
      // Also when the drill is interrupted.
      endLater(async () => {
        await this.hosts[role].shell(`kill -CONT ${pids.join(" ")} 2>/dev/null; true`);
      });
    }
    return this.hosts[role].shellAt(`kill -${signal.slice(3)} ${pids.join(" ")}`);
  }

  stop(role: Role): Promise<number> {
    this.#toldToStop.add(role);
    return this.hosts[role].background(this.#plan.stop);
  }

  async hasStopped(role: Role): Promise<boolean> {
    const guard = this.#known.get(role)?.guard?.pid ?? 0;
    const text = await this.hosts[role].shell(`kill -0 ${guard} 2>/dev/null && echo runs; true`);
    return !text.includes("runs");
  }

  async start(role: Role): Promise<void> {
    await this.hosts[role].shell(this.#plan.start);
    await waitFor(
      unhurried(() => this.#status(role)),
      {
        timeoutMs: RECOVER_MS * this.#plan.patience,
        intervalMs: 200,
        what: `${this.hosts[role].name} to answer`,
      },
    );
    this.#toldToStop.delete(role);
  }

  async isFit(role: Role): Promise<boolean> {
    return isFitIn(await this.#status(role));
  }

  async reload(): Promise<number> {
    return this.hosts.master.shellAt(this.#plan.reload);
  }

  async servingCount(): Promise<number> {
    const filter = `sport = :${this.#plan.port}`;
    const shown = await this.hosts.master.shell(`ss -Htnp state established '${filter}'`);
    return new Set(Array.from(shown.matchAll(/pid=(\d+)/g), ([, pid]) => pid)).size;
  }

  /** The link that has the VIP goes down for some seconds. Rejects where ssh needs it and may not be cut. */
  async cutPower(): Promise<number> {
    const host = this.hosts.master;
    const holds = `index($4, "${this.#plan.vip}/") == 1 { print $2; exit }`;
    const device = (await host.shell(`ip -o -4 address show | awk '${holds}'`)).trim();
    const used = await host.shell(`ip -o route get ${await host.clientAddress()}`);
    const isOurs = new RegExp(` dev ${device}(?: |$)`, "m").test(used);
    if (device === "") throw new Error(`${host.name}: ${this.#plan.vip} is on none of its links`);
    if (isOurs && !this.#plan.mayCutSsh) {
      throw new Error(
        `${host.name}: "${device}" has the VIP and carries ssh, too: not cut without --cut-ssh`,
      );
    }
    // ssh answers first.
    const waiting = isOurs ? `sleep ${ANSWER_S}; ` : "";
    const routes = `/run/tandem-drill-routes`;
    return host.background(
      `${waiting}ip route save dev ${device} >${routes}; ip link set ${device} down; sleep ${CUT_S}; ` +
        `ip link set ${device} up; ip route restore <${routes}; rm -f ${routes}`,
    );
  }

  async loseVrrp(roles: readonly Role[], lastingMs: number): Promise<number> {
    const drops =
      "table inet tandem_drill { chain out { type filter hook output priority 0; meta l4proto 112 drop; }; }";
    const text = `nft '${drops}'; sleep ${lastingMs / 1_000}; nft delete table inet tandem_drill`;
    const instants = await Promise.all(roles.map((role) => this.hosts[role].background(text)));
    await sleep(lastingMs);
    return Math.min(...instants);
  }

  async keepBusy(lastingMs: number): Promise<number> {
    const loop = `timeout ${lastingMs / 1_000} sh -c "while :; do :; done" &`;
    const text = `for i in $(seq $((${LOOPS_PER_CPU} * $(nproc)))); do ${loop} done; wait`;
    const instants = await Promise.all(ROLES.map((role) => this.hosts[role].background(text)));
    await sleep(lastingMs);
    return Math.min(...instants);
  }

  /** Sees to it that both nodes run and one holds the VIP, whatever was done to them. */
  async recover(watches: Readonly<Record<Role, VipWatch>>): Promise<void> {
    const stand = async (role: Role): Promise<void> => {
      const isStanding = async (): Promise<boolean> => {
        // There is nobody to ask until it runs again.
        if (this.#toldToStop.has(role)) {
          if (!(await this.hasStopped(role))) return false;
          await this.start(role);
          if (isFitIn(this.#known.get(role))) return true;
        }
        if (await this.isFit(role)) return true;
        // It may be ending still. Whoever restarts it by itself has done so by then.
        if (await this.hasStopped(role)) await this.start(role);
        return false;
      };
      await waitFor(unhurried(isStanding), {
        timeoutMs: RECOVER_MS * this.#plan.patience,
        intervalMs: 300,
        what: `${this.hosts[role].name} to be fit again`,
      });
    };
    await Promise.all(ROLES.map(stand));
    await waitFor(() => watches.master.isHeld !== watches.backup.isHeld, {
      timeoutMs: RECOVER_MS * this.#plan.patience,
      intervalMs: 100,
      what: "one node to hold the VIP again",
    });
  }

  async #status(role: Role): Promise<NodeStatus | undefined> {
    // Its exit code tells how the node stands; it is printed in any case.
    const text = await this.hosts[role].shell(`${this.#plan.tandem} status --json; true`);
    try {
      const status = JSON.parse(text) as NodeStatus;
      if (status.guard === null) return undefined;
      this.#known.set(role, status);
      return status;
    } catch {
      return undefined;
    }
  }

  /** What was said of it last, while that runs; asked anew where it has been restarted since. */
  async #pids(role: Role, part: Part): Promise<readonly number[]> {
    const running = await this.#running(role, part);
    if (running.length > 0) return running;
    await this.#status(role);
    return this.#running(role, part);
  }

  async #running(role: Role, part: Part): Promise<readonly number[]> {
    const status = this.#known.get(role);
    const pid = (part === "all" ? status?.guard : status?.[part])?.pid;
    if (pid === undefined) return [];
    const tree = `all() { echo "$1"; for pid in $(pgrep -P "$1"); do all "$pid"; done; }; all ${pid}`;
    const names = part === "all" ? tree : `echo ${pid}`;
    const text = await this.hosts[role].shell(`kill -0 ${pid} 2>/dev/null || exit 0; ${names}`);
    return text.split(/\s+/).filter(Boolean).map(Number);
  }
}
