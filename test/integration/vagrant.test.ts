// The lab of vagrant/: its Vagrantfile as Vagrant reads it, and its provisioning in trees of Debian that
// are booted in namespaces, as far as a machine without a hypervisor can go.
import { chmodSync, cpSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createLan, type Lan } from "../support/netns.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  debianTree,
  layered,
  Machine,
  noMachine,
  runInTree,
  type Layers,
} from "./install-machine.ts";

const VIP = "10.98.0.100";
const NAMES = ["lb1", "lb2", "broker1", "broker2", "broker3", "client"] as const;
/** The machines that are booted: one broker is enough to serve. */
const BOOTED = ["broker1", "lb1", "lb2"] as const;
type Booted = (typeof BOOTED)[number];

describe.skipIf(!has("vagrant"))(`the Vagrantfile${skipNote("vagrant")}`, () => {
  /** Vagrant with a home of its own: plugins and boxes of the machine play no part. */
  function vagrant(...args: readonly string[]): ReturnType<typeof runToEnd> {
    const env = {
      VAGRANT_HOME: tempDir(),
      VAGRANT_CHECKPOINT_DISABLE: "1",
      VAGRANT_DOTFILE_PATH: tempDir(),
    };
    return runToEnd({
      command: "env",
      args: ["-C", path.join(REPOSITORY_DIR, "vagrant"), "vagrant", ...args],
      env,
    });
  }

  test("is valid: brokers, then the pair, then its client", async () => {
    // The machine's own providers are none of this: there may be no hypervisor.
    const { code, stdout, stderr } = await vagrant("validate", "--ignore-provider");
    expect(code, stdout + stderr).toBe(0);
    const names = Array.from(
      stdout.matchAll(/^==> (\w+): Ignoring provider/gm),
      ([, name]) => name,
    );
    expect(names, stdout).toEqual(["broker1", "broker2", "broker3", "lb1", "lb2", "client"]);
  }, 120_000);
});

describe.skipIf(noMachine)(`the provisioning ${noMachine ?? ""}`, { timeout: 120_000 }, () => {
  let lan: Lan;
  let layers: (name: string) => Layers;
  const machines = new Map<Booted, Machine>();

  function machine(name: Booted): Machine {
    return machines.get(name)!;
  }

  async function mustProvision(name: Booted): Promise<void> {
    const ended = await machine(name).run("sh", "-c", provisioning(name));
    expect(ended.code, `${name}: ${ended.stdout}${ended.stderr}`).toBe(0);
  }

  /** In a tree that is not booted: Debian's packages are fetched. */
  async function mustProvisionTree(name: string): Promise<void> {
    const ended = await runInTree(layers(name), "sh", "-c", provisioning(name));
    expect(ended.code, `${name}: ${ended.stdout}${ended.stderr}`).toBe(0);
  }

  function provisioning(name: string): string {
    const role = name.replace(/\d/, "");
    return `TANDEM_LAB_NAME=${name} TANDEM_LAB_HOSTS=/tandem/hosts TANDEM_LAB_USER=root exec bash /tandem/vagrant/provision/${role}.sh`;
  }

  async function hasVip(name: Booted): Promise<boolean> {
    return (await machine(name).must("ip", "-br", "address", "show", "eth0")).includes(`${VIP}/`);
  }

  beforeAll(async () => {
    const [tree, tandem] = await Promise.all([debianTree(), material()]);
    lan = await createLan(NAMES);
    const hosts = [...lan.hosts.map(({ ipv4, name }) => `${ipv4} ${name}`), `${VIP} vip`];
    writeFileSync(path.join(tandem, "hosts"), `${hosts.join("\n")}\n`);
    const trees = new Map(NAMES.map((name) => [name as string, layered(tree, tandem)]));
    layers = (name) => trees.get(name)!;
    await Promise.all(["broker1", "client"].map((name) => mustProvisionTree(name)));
    for (const name of BOOTED) {
      machines.set(name, await Machine.bootHost(layers(name), lan.host(name)));
      await mustProvision(name);
    }
  }, 900_000);

  test("of the client brings the drill, its key and the names of the others", async () => {
    const inTree = async (...words: readonly string[]): Promise<string> =>
      (await runInTree(layers("client"), ...words)).stdout;
    expect(await inTree("cat", "/etc/hosts")).toContain(`${VIP} vip`);
    expect(await inTree("sh", "-c", "stat -c %a ~root/.ssh/lab_key")).toBe("600\n");
    expect(await inTree("which", "mosquitto_pub", "ssh", "tandem")).toMatch(/^(?:\S+\n){3}$/);
    const drill = await runInTree(layers("client"), "/usr/local/bin/drill", "--help");
    // The tree holds no clone: what is asked for is its place there.
    expect(drill.stderr).toContain("dist/lab/test/drill/main.js");
  });

  test("of nodes and a broker serves at the pair's address", async () => {
    await waitFor(() => hasVip("lb1"), { timeoutMs: 30_000, what: "lb1 to hold the VIP" });
    await waitFor(isServed, { timeoutMs: 30_000, intervalMs: 200, what: "a message to be taken" });
    expect(await machine("lb1").must("systemctl", "is-enabled", "tandem")).toBe("enabled\n");
  });

  /** A device of the client host is served through the pair by a broker that was provisioned. */
  async function isServed(): Promise<boolean> {
    const { code } = await lan.host("client").run("mosquitto_pub", "-h", VIP, "-t", "a", "-m", "b");
    return code === 0;
  }

  test("again changes nothing, and keeps the processes", async () => {
    const pid = (): Promise<string> =>
      machine("lb1").must("systemctl", "show", "-P", "MainPID", "tandem");
    const before = await pid();
    for (const name of BOOTED) await mustProvision(name);
    expect(await pid()).toBe(before);
    expect(await hasVip("lb1")).toBe(true);
    expect(await isServed()).toBe(true);
  });

  test("makes a pair: the other node takes over", async () => {
    await machine("lb1").must("systemctl", "stop", "tandem");
    await waitFor(() => hasVip("lb2"), { timeoutMs: 30_000, what: "lb2 to hold the VIP" });
    await waitFor(isServed, { timeoutMs: 30_000, intervalMs: 200, what: "a message to be taken" });
    expect(await hasVip("lb1")).toBe(false);
  });

  test("says what is wrong with a machine of another name, or of no network", async () => {
    const run = (words: string): ReturnType<Machine["run"]> =>
      machine("lb1").run("sh", "-c", `${words} bash /tandem/vagrant/provision/lb.sh`);
    expect((await run("TANDEM_LAB_NAME=web1")).stderr).toContain(
      'found machine "web1", expected lb1',
    );
    expect((await run("TANDEM_LAB_NAME=lb1")).stderr).toContain("no interface has 192.168.56.11");
  });
});

/** A folder as machines see it at /tandem: scripts, the package, and the key of the drill. */
async function material(): Promise<string> {
  const tandem = tempDir();
  const lab = path.join(tandem, "vagrant", ".lab");
  const from = path.join(REPOSITORY_DIR, "vagrant");
  cpSync(path.join(from, "provision"), path.join(tandem, "vagrant", "provision"), {
    recursive: true,
  });
  cpSync(path.join(from, "hosts"), path.join(tandem, "vagrant", "hosts"));
  mkdirSync(lab);
  const built = await runToEnd({
    command: path.join(REPOSITORY_DIR, "scripts", "package"),
    args: ["--no-build", "--bundle-node", "--output", tempDir()],
  });
  expect(built.code, built.stderr).toBe(0);
  renameSync(built.stdout.trim(), path.join(lab, "tandem-ha.deb"));
  writeFileSync(path.join(lab, "key"), "not a key\n");
  writeFileSync(path.join(lab, "key.pub"), "ssh-ed25519 AAAA drill of the test\n");
  chmodSync(tandem, 0o755);
  return tandem;
}
