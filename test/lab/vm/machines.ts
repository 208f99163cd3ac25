// A pair of virtual machines in the place of the lab's two nodes: the scripts of vagrant/ provision them.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runToEnd } from "../../support/process.ts";
import { REPOSITORY_DIR } from "../../support/repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { Cluster, type ClusterOptions } from "../cluster.ts";
import { NODE_NAMES, VIP, type NodeName } from "../configuration.ts";
import { boot, makeDisk, mustRunIn, runIn, wire, type MachinePlan } from "./machine.ts";

/** Machines of a lab, by node. */
export type Machines = Readonly<Record<NodeName, MachinePlan>>;

const SERVING_MS = 120_000;

/** The machines of a lab: where their parts will be. */
export function plannedMachines(
  name: string,
  folder: string,
  vm: { readonly image: string; readonly accelerator: MachinePlan["accelerator"] },
  namespaceOf: (node: NodeName) => string,
): Machines {
  const one = (node: NodeName): MachinePlan => ({
    name: node,
    namespace: namespaceOf(node),
    image: vm.image,
    // Beside the image and not in /run, which may be memory.
    disk: diskFile(vm.image, name, node),
    consoleFile: path.join(folder, `${node}.console`),
    accelerator: vm.accelerator,
  });
  return { lb1: one("lb1"), lb2: one("lb2") };
}

function diskFile(image: string, lab: string, node: NodeName): string {
  return path.join(image, `lab-${lab}-${node}.qcow2`);
}

/** Removes the disks of a lab. */
export function removeDisks(image: string, lab: string): void {
  for (const node of NODE_NAMES) rmSync(diskFile(image, lab, node), { force: true });
}

/** Brings network, brokers and both machines up; lb1 holds the VIP in the end. */
export async function startMachines(
  options: ClusterOptions,
  plan: (namespaceOf: (node: NodeName) => string) => Machines,
  say: (text: string) => void,
): Promise<Cluster> {
  const cluster = await Cluster.create(options);
  const { lan } = cluster;
  const machines = plan((node) => lan.host(node).namespace);
  async function timed(text: string, work: () => Promise<unknown>): Promise<void> {
    const startedMs = performance.now();
    await work();
    say(`${text} in ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`);
  }
  await Promise.all(
    NODE_NAMES.map((node) =>
      timed(`${node} has booted`, async () => {
        await wire(lan.host(node));
        await makeDisk(machines[node]);
        await boot(machines[node], lan.host(node));
      }),
    ),
  );
  for (const node of NODE_NAMES) {
    await timed(`${node} is set up`, () => provision(machines[node], cluster));
    // The first one shall be the master.
    if (node === "lb1") await holdsVip(machines[node]);
  }
  return cluster;
}

async function holdsVip(machine: MachinePlan): Promise<void> {
  await waitFor(
    async () =>
      (await runIn(machine, "ip -o -4 address show dev eth1")).stdout.includes(` ${VIP}/`),
    { timeoutMs: SERVING_MS, intervalMs: 500, what: `${machine.name} to hold the VIP` },
  );
}

/** What Vagrant does to a machine that has booted, and then its role's script. */
async function provision(machine: MachinePlan, { lan }: Cluster): Promise<void> {
  const { name } = machine;
  const files = {
    hostname: name,
    hosts: `127.0.0.1 localhost\\n127.0.1.1 ${name}\\n`,
    "network/interfaces.d/lab": `auto eth1\\niface eth1 inet static\\n  address ${lan.host(name).ipv4}/24\\n`,
  };
  for (const [place, text] of Object.entries(files)) {
    await mustRunIn(machine, `printf '${text}' >/etc/${place}`);
  }
  await mustRunIn(machine, `hostname ${name} && ifup eth1 && mkdir -p /tandem`);
  const source = path.join(path.dirname(machine.consoleFile), "tandem");
  copyMaterial(source);
  const hosts = [...lan.hosts.map((host) => `${host.ipv4} ${host.name}`), `${VIP} vip`];
  writeFileSync(path.join(source, "vagrant", "hosts"), `${hosts.join("\n")}\n`);
  await send(machine, source);
  await mustRunIn(machine, "bash /tandem/vagrant/provision/lb.sh");
}

function copyMaterial(target: string): void {
  if (existsSync(target)) return;
  mkdirSync(target, { mode: 0o700 });
  for (const part of ["provision", ".lab"]) {
    const from = path.join(REPOSITORY_DIR, "vagrant", part);
    cpSync(from, path.join(target, "vagrant", part), { recursive: true });
  }
}

async function send(machine: MachinePlan, source: string): Promise<void> {
  const key = path.join(machine.image, "key");
  const script = `tar -C "$1" -cf - . | ip netns exec "$2" ssh -i "$3" -o BatchMode=yes \\
-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \\
vagrant@127.0.0.1 sudo tar -C /tandem --no-same-owner -xf -`;
  const args = ["-c", script, "sh", source, machine.namespace, key];
  const { code, stderr } = await runToEnd({ command: "sh", args });
  if (code !== 0) throw new Error(`${machine.name} did not take its files: ${stderr}`);
}
