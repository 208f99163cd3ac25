// A Debian tree, and a machine that boots it: systemd in namespaces of its own, with a network that
// ends at its own cable. Needs root, debootstrap and a cgroup that may be divided.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { endLater } from "../support/cleanup.ts";
import type { Host } from "../support/netns.ts";
import { runToEnd, startProcess, type RunningProcess } from "../support/process.ts";
import { has, skipReason } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const DEBIAN = "http://deb.debian.org/debian";
const PACKAGES = "systemd,systemd-sysv,dbus,iproute2,libstdc++6,nftables";

/** cgroups(7), version 2, alone or beside version 1. */
const CGROUP_ROOT = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((folder) =>
  existsSync(path.join(folder, "cgroup.controllers")),
);

/** Why no tree can be booted here; `undefined` when it can. */
export const noMachine: string | undefined =
  process.getuid?.() !== 0
    ? "skipped: booting a tree needs root"
    : !has("debootstrap")
      ? `skipped: ${skipReason("debootstrap")}`
      : CGROUP_ROOT === undefined
        ? "skipped: there are no cgroups of version 2"
        : undefined;

let machineCount = 0;

/** Fills a folder that goes with the tests with a Debian 12, from the mirror that apt uses. */
export async function debianTree(): Promise<string> {
  const tree = path.join(tempDir(), "tree");
  const args = ["--variant=minbase", `--include=${PACKAGES}`, "bookworm", tree, mirror()];
  const { code, stdout, stderr } = await runToEnd({ command: "debootstrap", args });
  expect(code, (stdout + stderr).slice(-2_000)).toBe(0);
  return tree;
}

function mirror(): string {
  const folder = "/etc/apt/sources.list.d";
  const files = existsSync(folder)
    ? readdirSync(folder).map((file) => path.join(folder, file))
    : [];
  for (const file of ["/etc/apt/sources.list", ...files]) {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    const found = /^(?:URIs:|deb) *(https?:\/\/\S+\/debian)\/?(?:\s|$)/m.exec(text);
    if (found !== null) return found[1]!;
  }
  return DEBIAN;
}

/** A tree of a machine's own over one that several share, and what it sees of this machine. */
export interface Layers {
  /** The shared one; nothing is written to it. */
  readonly lower: string;
  /** What the machine writes; it holds folders `upper`, `work` and `tree`. */
  readonly own: string;
  /** A folder of this machine that is read-only at `/tandem`. */
  readonly tandem: string;
}

/** Makes a tree of its own over a shared one. */
export function layered(lower: string, tandem: string): Layers {
  const own = tempDir();
  for (const folder of ["upper", "work", "tree"]) mkdirSync(path.join(own, folder));
  return { lower, own, tandem };
}

// Runs with the words of `layerWords`; gives the tree as $1. The mounts are the caller's namespace's.
const LAYERS = `set -e
mount --make-rprivate /
mount -t overlay -o "lowerdir=$2,upperdir=$3/upper,workdir=$3/work" overlay "$1"
mkdir -p "$1/tandem"
mount --bind -o ro "$4" "$1/tandem"
`;

function layerWords({ lower, own, tandem }: Layers): readonly string[] {
  return [path.join(own, "tree"), lower, own, tandem];
}

/** Runs a program in a tree that is not booted, with this machine's network, to its end. */
export function runInTree(
  layers: Layers,
  ...words: readonly string[]
): ReturnType<typeof runToEnd> {
  const script = `${LAYERS}cd "$1"
cp /etc/resolv.conf etc/resolv.conf
mount -t proc proc proc
mount --rbind /dev dev
shift 4
exec env -i PATH=/usr/sbin:/usr/bin chroot . "$@"`;
  const args = ["--mount", "sh", "-c", script, "sh", ...layerWords(layers), ...words];
  return runToEnd({ command: "unshare", args });
}

// Runs with the tree as $1. The kernel's own settings stay out of reach but for those of the network,
// which are the namespace's.
const BIND = `set -e
mount --make-rprivate /
mount --bind "$1" "$1"
`;
const BOOT = `cd "$1"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs dev
mkdir dev/pts dev/shm
for device in null zero full random urandom tty; do cp -a /dev/$device dev/; done
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
touch dev/console
exec env -i PATH=/usr/sbin:/usr/bin container=other chroot . /lib/systemd/systemd --system
`;

// A network that ends at its own cable.
const CABLE = `hostname lb1
ip link set lo up
ip link add eth0 type veth peer name cable
ip address add 10.98.0.1/24 dev eth0
ip link set eth0 up
ip link set cable up
`;

/** A booted tree. */
export class Machine {
  readonly #tree: string;
  readonly #pid: number;

  constructor(tree: string, pid: number) {
    this.#tree = tree;
    this.#pid = pid;
  }

  /** Boots a tree with a network of its own; resolves when systemd has started what it wants. */
  static boot(tree: string): Promise<Machine> {
    return Machine.#boot(tree, ["unshare", "--net"], BIND + CABLE + BOOT, [tree]);
  }

  /** As `boot`, on a host of a network of the test. */
  static bootHost(layers: Layers, { namespace, name }: Host): Promise<Machine> {
    const script = `${LAYERS}hostname ${name}\n${BOOT}`;
    const words = layerWords(layers);
    return Machine.#boot(words[0]!, ["ip", "netns", "exec", namespace, "unshare"], script, words);
  }

  static async #boot(
    tree: string,
    enter: readonly string[],
    script: string,
    words: readonly string[],
  ): Promise<Machine> {
    const cgroup = path.join(CGROUP_ROOT!, `tandem-test-${process.pid}-${(machineCount += 1)}`);
    mkdirSync(cgroup);
    endLater(() => removeCgroup(cgroup));
    const spaces = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child"];
    const line = [...enter, ...spaces, "sh", "-c", script, "sh", ...words];
    const running = await startProcess({
      command: "sh",
      args: ["-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', cgroup, ...line],
    });
    const pid = await waitFor(() => systemdBelow(running), { what: "systemd in the tree" });
    const machine = new Machine(tree, pid);
    await waitFor(
      async () => {
        const { stdout } = await machine.run("systemctl", "is-system-running");
        // A console that is not there fails.
        return /^(?:running|degraded)$/.test(stdout.trim());
      },
      { timeoutMs: 60_000, intervalMs: 200, what: "the machine to be up" },
    );
    return machine;
  }

  /** Runs a program in the machine to its end, in a session of its own: no signal there comes back here. */
  run(command: string, ...args: readonly string[]): ReturnType<typeof runToEnd> {
    const inside = ["-t", String(this.#pid), "-m", "-p", "-n", "-u", "-i", "-C"];
    const env = ["env", "-i", "PATH=/usr/sbin:/usr/bin", "TERM=dumb", "SYSTEMD_PAGER="];
    const words = [...inside, "setsid", "--wait", "chroot", this.#tree, ...env, command, ...args];
    return runToEnd({ command: "nsenter", args: words });
  }

  /** As `run`, for what has to succeed; gives its output. */
  async must(command: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, ...args);
    expect(code, `${command} ${args.join(" ")}: ${stdout}${stderr}`).toBe(0);
    return stdout + stderr;
  }

  /** A file below the tree, for reading and writing from outside. */
  file(place: string): string {
    return path.join(this.#tree, place);
  }

  write(place: string, text: string): void {
    writeFileSync(this.file(place), text);
  }
}

/** unshare's child, once it has become systemd. */
function systemdBelow({ pid }: RunningProcess): number | undefined {
  const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
  if (!(child > 0)) return undefined;
  return readFileSync(`/proc/${child}/comm`, "utf8") === "systemd\n" ? child : undefined;
}

/** Everything in it has been killed with its first process; the kernel may need a moment for that. */
async function removeCgroup(cgroup: string): Promise<void> {
  await waitFor(
    () => {
      try {
        removeFolders(cgroup);
        return true;
      } catch {
        return false;
      }
    },
    { intervalMs: 50, what: `${cgroup} to be empty` },
  );
}

function removeFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeFolders(path.join(folder, entry.name));
  }
  rmdirSync(folder);
}
