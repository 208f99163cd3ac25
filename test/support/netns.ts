// Small networks of network namespaces: hosts on one switch. Needs root. Nothing of the machine's own
// network is touched: every link is made inside a namespace of the test.
import { existsSync } from "node:fs";
import { endLater } from "./cleanup.ts";
import { has, skipReason } from "./programs.ts";
import {
  runToEnd,
  sendSignal,
  startProcess,
  type ExitStatus,
  type ProcessOptions,
  type RunningProcess,
} from "./process.ts";
import { waitFor } from "./wait-for.ts";

/** Why no namespaces can be made here; `undefined` when they can. For `describe.skipIf(noNamespaces)`. */
export const noNamespaces: string | undefined =
  process.getuid?.() !== 0
    ? "skipped: network namespaces need root"
    : (missing("ip") ?? missing("nft") ?? missing("sysctl") ?? missing("ping"));

function missing(program: string): string | undefined {
  return has(program) ? undefined : `skipped: ${skipReason(program)}`;
}

/** How a program in a host ended. */
export type Ended = ExitStatus & { readonly stdout: string; readonly stderr: string };

/** One host: a namespace with `lo` and `eth0`. */
export interface Host {
  readonly name: string;
  /** The namespace, for `ip netns exec` and `ip -n`. */
  readonly namespace: string;
  /** `10.98.0.N`, N counting hosts from 1, /24. */
  readonly ipv4: string;
  /** Link-local, derived from the MAC address. */
  readonly ipv6: string;
  /** Of eth0: `02:00:00:00:00:NN`. */
  readonly mac: string;
  /** Runs a program there to its end. */
  run(command: string, ...args: readonly string[]): Promise<Ended>;
  /** As `run`, but rejects on an exit code other than 0; gives its standard output. */
  mustRun(command: string, ...args: readonly string[]): Promise<string>;
  /** Starts a program there; it ends with the test. */
  start(options: ProcessOptions): Promise<RunningProcess>;
  /** Whether the kernel there holds this address on any link. */
  hasAddress(address: string): Promise<boolean>;
  /** The processes there, whoever started them. */
  pids(): Promise<readonly number[]>;
}

/** Hosts on one switch. */
export interface Lan {
  readonly hosts: readonly Host[];
  host(name: string): Host;
  /** Pulls (`false`) or plugs in the cable of a host: its link loses its carrier. */
  setCable(name: string, isPlugged: boolean): Promise<void>;
  /** Makes the switch drop (`false`) or forward all frames of a host, without loss of carrier. */
  setForwarding(name: string, isForwarding: boolean): Promise<void>;
  /** Makes the switch drop VRRP (IP protocol 112, both families) from a host, or forward it again. */
  setVrrp(name: string, isForwarded: boolean): Promise<void>;
  /** Makes the switch drop (`false`) or forward what a host sends to a TCP port of others. */
  setReach(
    name: string,
    others: readonly string[],
    port: number,
    isForwarded: boolean,
  ): Promise<void>;
}

const PREFIX = "tdtest";
let lanCount = 0;

/** What a network is made of beside its hosts. */
export interface LanOptions {
  /** Gives each host an `eth1` on a second switch, `10.99.0.N`. */
  readonly secondLan?: boolean;
  /** What the names of the namespaces begin with; by default that of a network of a test. */
  readonly id?: string;
  /** Is called with what programs print that are started on a host. */
  readonly onOutput?: (host: string, text: string) => void;
}

/** Makes a network that ends with the test. Hosts have distinct names of letters and digits. */
export async function createLan(
  hostNames: readonly string[],
  options: LanOptions = {},
): Promise<Lan> {
  await sweep();
  const id = options.id ?? `${PREFIX}-${process.pid}-${(lanCount += 1)}`;
  const wire = `${id}-switch`;
  const created: string[] = [];
  endLater(async () => {
    for (const namespace of created.reverse()) await removeNamespace(namespace);
  });
  async function addNamespace(namespace: string): Promise<void> {
    await must(ip("netns", "add", namespace));
    created.push(namespace);
    // Addresses are usable at once: nobody else is on these links.
    await must(
      exec(
        namespace,
        "sysctl",
        "-qw",
        "net.ipv6.conf.default.accept_dad=0",
        "net.ipv6.conf.all.accept_dad=0",
      ),
    );
    await must(ip("-n", namespace, "link", "set", "lo", "up"));
  }
  await addNamespace(wire);
  const links = options.secondLan === true ? [0, 1] : [0];
  for (const link of links) {
    await must(
      ip(
        "-n",
        wire,
        "link",
        "add",
        `br${link}`,
        "type",
        "bridge",
        "forward_delay",
        "0",
        "mcast_snooping",
        "0",
      ),
    );
    await must(ip("-n", wire, "link", "set", `br${link}`, "up"));
  }
  const hosts: Host[] = [];
  for (const [index, name] of hostNames.entries()) {
    const number = index + 1;
    const namespace = `${id}-${name}`;
    await addNamespace(namespace);
    for (const link of links) {
      const mac = macOf(number, link);
      const port = portOf(name, link);
      await must(
        ip(
          ...["-n", wire, "link", "add", port, "type", "veth", "peer", "name", `eth${link}`],
          ...["address", mac, "netns", namespace],
        ),
      );
      await must(ip("-n", wire, "link", "set", port, "master", `br${link}`, "up"));
      await must(ip("-n", namespace, "link", "set", `eth${link}`, "up"));
      await must(
        ip(
          "-n",
          namespace,
          "address",
          "add",
          `10.${98 + link}.0.${number}/24`,
          "dev",
          `eth${link}`,
        ),
      );
    }
    hosts.push(new NamespaceHost(name, namespace, number, options.onOutput));
  }
  await Promise.all(hosts.map(async (host) => waitFor(() => host.hasAddress(host.ipv6))));
  return {
    hosts,
    host: (name) => hostNamed(hosts, name),
    async setCable(name, isPlugged) {
      await must(ip("-n", wire, "link", "set", portOf(name, 0), isPlugged ? "up" : "down"));
    },
    async setForwarding(name, isForwarding) {
      const state = isForwarding ? "forwarding" : "disabled";
      await must(exec(wire, "bridge", "link", "set", "dev", portOf(name, 0), "state", state));
    },
    setVrrp(name, isForwarded) {
      return setDropped(name, "vrrp", ["meta", "l4proto", "112"], !isForwarded);
    },
    setReach(name, others, port, isForwarded) {
      const addresses = others.map((other) => hostNamed(hosts, other).ipv4).join(", ");
      const match = ["ip", "daddr", `{ ${addresses} }`, "tcp", "dport", String(port)];
      return setDropped(name, "reach", match, !isForwarded);
    },
  };
  async function setDropped(
    name: string,
    kind: string,
    match: readonly string[],
    isDropped: boolean,
  ): Promise<void> {
    const nft = (...words: string[]): Promise<Ended> => exec(wire, "nft", ...words);
    const table = `${kind}-${name}`;
    if (!isDropped) {
      await must(nft("delete", "table", "netdev", table));
      return;
    }
    const hook = `{ type filter hook ingress device "${portOf(name, 0)}" priority 0; }`;
    await must(nft("add", "table", "netdev", table));
    await must(nft("add", "chain", "netdev", table, "in", hook));
    await must(nft("add", "rule", "netdev", table, "in", ...match, "drop"));
  }
}

function hostNamed(hosts: readonly Host[], name: string): Host {
  const found = hosts.find((host) => host.name === name);
  if (found === undefined) throw new Error(`No host "${name}" in this network`);
  return found;
}

class NamespaceHost implements Host {
  readonly name: string;
  readonly namespace: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly mac: string;
  readonly #onOutput: LanOptions["onOutput"];

  constructor(name: string, namespace: string, number: number, onOutput: LanOptions["onOutput"]) {
    this.#onOutput = onOutput;
    this.name = name;
    this.namespace = namespace;
    this.ipv4 = `10.98.0.${number}`;
    this.mac = macOf(number, 0);
    // RFC 4291, appendix A: 02 becomes 00, ff:fe in the middle.
    this.ipv6 = `fe80::ff:fe00:${number.toString(16)}`;
  }

  run(command: string, ...args: readonly string[]): Promise<Ended> {
    return exec(this.namespace, command, ...args);
  }

  async mustRun(command: string, ...args: readonly string[]): Promise<string> {
    return must(this.run(command, ...args));
  }

  start(options: ProcessOptions): Promise<RunningProcess> {
    const onOutput = this.#onOutput;
    // `ip netns exec` becomes the program itself: its process id is the program's.
    return startProcess({
      ...options,
      ...(onOutput === undefined ? {} : { onOutput: (text) => onOutput(this.name, text) }),
      command: "ip",
      args: ["netns", "exec", this.namespace, options.command, ...(options.args ?? [])],
    });
  }

  async hasAddress(address: string): Promise<boolean> {
    const shown = await must(ip("-n", this.namespace, "-o", "address", "show"));
    return shown.includes(` ${address}/`);
  }

  pids(): Promise<readonly number[]> {
    return pidsIn(this.namespace);
  }
}

function macOf(number: number, link: number): string {
  return `02:00:00:00:0${link}:${number.toString(16).padStart(2, "0")}`;
}

function portOf(name: string, link: number): string {
  return `${name}-${link}`;
}

async function pidsIn(namespace: string): Promise<readonly number[]> {
  const shown = await must(ip("netns", "pids", namespace));
  return shown.split("\n").filter(Boolean).map(Number);
}

function ip(...args: readonly string[]): Promise<Ended> {
  return runToEnd({ command: "ip", args });
}

function exec(namespace: string, command: string, ...args: readonly string[]): Promise<Ended> {
  return ip("netns", "exec", namespace, command, ...args);
}

async function must(running: Promise<Ended>): Promise<string> {
  const ended = await running;
  if (ended.code === 0) return ended.stdout;
  throw new Error(
    `A network command failed (${String(ended.code)}): ${ended.stderr}${ended.stdout}`,
  );
}

/** The namespaces of this machine that `ip netns` knows. */
export async function listNamespaces(): Promise<readonly string[]> {
  const list = await must(ip("netns", "list"));
  return list.split("\n").flatMap((line) => /^\S+/.exec(line) ?? []);
}

/** Ends what runs in a namespace, then the namespace. */
export async function removeNamespace(namespace: string): Promise<void> {
  // A stopped process, or one whose parent was killed, would stay for ever. Somebody else may be
  // sweeping, too: what is gone is no failure.
  const { stdout } = await ip("netns", "pids", namespace);
  for (const pid of stdout.split("\n").filter(Boolean)) sendSignal(Number(pid), "SIGKILL");
  await ip("netns", "del", namespace);
}

/** Removes the networks of this process, also while somebody else is at it. */
export async function removeOwnNamespaces(): Promise<void> {
  for (const namespace of await listNamespaces()) {
    if (namespace.startsWith(`${PREFIX}-${process.pid}-`)) await removeNamespace(namespace);
  }
}

/** Removes what earlier runs left that were killed: namespaces are named after the process that made them. */
async function sweep(): Promise<void> {
  for (const namespace of await listNamespaces()) {
    const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(namespace)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await removeNamespace(namespace);
  }
}
