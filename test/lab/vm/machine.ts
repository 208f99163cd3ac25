// A virtual machine of the lab: Debian under qemu, in the namespace of its host. Its eth0 is a way in that
// only this namespace has, its eth1 is on the lab's switch.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Ended, type Host } from "../../support/netns.ts";
import { runToEnd, type RunningProcess } from "../../support/process.ts";
import { waitFor } from "../../support/wait-for.ts";
import type { NodeName } from "../configuration.ts";

/** What runs the machines' code: the processor, or qemu's emulation of one. */
export type Accelerator = "kvm" | "tcg";

/** Where a machine's parts are. */
export interface MachinePlan {
  readonly name: NodeName;
  /** The namespace of its host. */
  readonly namespace: string;
  /** The folder that `scripts/vm-image` printed. */
  readonly image: string;
  /** Its disk, over that of the image. */
  readonly disk: string;
  /** Where its console is written. */
  readonly consoleFile: string;
  readonly accelerator: Accelerator;
}

/** Bytes of memory that each machine may have, in MiB. */
const MEMORY_MIB = 512;
/** An emulated machine boots in 25 s to 70 s when it has a core. */
const BOOT_MS = 600_000;
const QEMU = "qemu-system-x86_64";

/**
 * The accelerator that is sure to run a Debian kernel here. /dev/kvm inside of a virtual machine may be there
 * and run nothing.
 */
export function safeAccelerator(): Accelerator {
  const isVirtual = / hypervisor( |$)/m.test(readFileSync("/proc/cpuinfo", "utf8"));
  return existsSync("/dev/kvm") && !isVirtual ? "kvm" : "tcg";
}

/** Puts the host's cable into a bridge with the machine's tap, and takes the host's own addresses away. */
export async function wire(host: Host): Promise<void> {
  // Nothing of the host itself shall answer for the machine.
  await host.mustRun("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
  const lines = [
    "address flush dev eth0",
    "link add rack type bridge forward_delay 0 mcast_snooping 0",
    "tuntap add dev tap0 mode tap",
    "link set eth0 master rack",
    "link set tap0 master rack",
    "link set tap0 up",
    "link set rack up",
  ];
  for (const line of lines) await host.mustRun("ip", ...line.split(" "));
}

/** A disk that keeps what a machine writes. */
export async function makeDisk({ image, disk }: MachinePlan): Promise<void> {
  const base = path.join(image, "disk.qcow2");
  const args = ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, disk];
  const { code, stderr } = await runToEnd({ command: "qemu-img", args });
  if (code !== 0) throw new Error(`No disk for a machine: ${stderr}`);
}

/** The words that run a machine, in its namespace and politely. */
export function machineWords(plan: MachinePlan): readonly string[] {
  const { name, image, disk, consoleFile, accelerator } = plan;
  const kernel = ["root=LABEL=root", "console=ttyS0", "net.ifnames=0", "quiet"];
  return [
    ...["nice", "-n", "10", QEMU, "-nodefaults", "-no-user-config", "-name", name],
    ...["-machine", `q35,accel=${accelerator}`, "-cpu", accelerator === "kvm" ? "host" : "max"],
    ...["-m", String(MEMORY_MIB), "-smp", "1", "-display", "none", "-monitor", "none"],
    ...["-kernel", path.join(image, "vmlinuz"), "-initrd", path.join(image, "initrd.img")],
    ...["-append", kernel.join(" "), "-serial", `file:${consoleFile}`],
    // What a cut of power loses is what the machine had not flushed, as with a disk.
    ...["-drive", `file=${disk},if=virtio,cache=writeback,discard=unmap`],
    ...["-netdev", "user,id=way-in,restrict=on,hostfwd=tcp:127.0.0.1:22-:22"],
    ...["-device", "virtio-net-pci,netdev=way-in,romfile="],
    ...["-netdev", "tap,id=lan,ifname=tap0,script=no,downscript=no"],
    ...["-device", `virtio-net-pci,netdev=lan,romfile=,mac=52:54:00:98:00:0${name.slice(-1)}`],
    ...["-device", "virtio-rng-pci"],
  ];
}

/** Switches a machine on as a child of this process, and waits until it lets commands in. */
export async function boot(plan: MachinePlan, host: Host): Promise<RunningProcess> {
  const [command, ...args] = machineWords(plan);
  const running = await host.start({ command: command!, args });
  await waitFor(
    async () => {
      if (running.status() !== undefined) {
        throw new Error(`${plan.name} could not be switched on: ${running.output().slice(-500)}`);
      }
      return isIn(plan);
    },
    { timeoutMs: BOOT_MS, intervalMs: 500, what: `${plan.name} to boot; see ${plan.consoleFile}` },
  );
  return running;
}

/** Switches a machine on that outlives this process; it ends with its namespace. */
export async function bootDetached(plan: MachinePlan): Promise<void> {
  const words = ["netns", "exec", plan.namespace, ...machineWords(plan)];
  const child = spawn("ip", words, { detached: true, stdio: "ignore" });
  child.unref();
  await waitFor(() => isIn(plan), {
    timeoutMs: BOOT_MS,
    intervalMs: 500,
    what: `${plan.name} to boot; see ${plan.consoleFile}`,
  });
}

async function isIn(plan: MachinePlan): Promise<boolean> {
  return (await runIn(plan, "true")).code === 0;
}

/** The process of a machine that is on. */
export async function machinePid(plan: MachinePlan): Promise<number | undefined> {
  const args = ["netns", "pids", plan.namespace];
  const { stdout } = await runToEnd({ command: "ip", args });
  const pids = stdout.split("\n").filter(Boolean).map(Number);
  return pids.find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("qemu-system");
    } catch {
      return false;
    }
  });
}

/** The words of a command as root on a machine. */
function sshWords({ image, namespace }: MachinePlan, options: readonly string[]): string[] {
  const settings = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
  settings.push("ConnectTimeout=10", "ServerAliveInterval=15", "ServerAliveCountMax=4");
  return [
    ...["netns", "exec", namespace, "ssh", "-i", path.join(image, "key"), ...options],
    ...settings.flatMap((setting) => ["-o", setting]),
    ...["vagrant@127.0.0.1", "sudo"],
  ];
}

/** Runs a text of the shell as root on a machine to its end. */
export function runIn(plan: MachinePlan, text: string): Promise<Ended> {
  const quoted = `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const args = [...sshWords(plan, ["-o", "BatchMode=yes"]), "sh", "-c", quoted];
  return runToEnd({ command: "ip", args });
}

/** As `runIn`, but rejects on an exit code other than 0; gives its standard output. */
export async function mustRunIn(plan: MachinePlan, text: string): Promise<string> {
  const { code, stdout, stderr } = await runIn(plan, text);
  if (code !== 0) throw new Error(`${plan.name}: "${text}" failed: ${stdout}${stderr}`.trim());
  return stdout;
}

/** Gives the terminal to a shell or a command of a machine; its exit code. */
export function enter(plan: MachinePlan, words: readonly string[]): number {
  const options = words.length === 0 ? ["-t"] : [];
  const args = [...sshWords(plan, options), ...(words.length === 0 ? ["-i"] : words)];
  return spawnSync("ip", args, { stdio: "inherit" }).status ?? 1;
}
