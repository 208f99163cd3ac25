// `scripts/lab up --vm`: nodes that are virtual machines. Emulated ones take minutes: with TANDEM_TEST_LONG=1 only.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { folderOf, keeperOf } from "../lab/state.ts";
import { endLater } from "../support/cleanup.ts";
import { listNamespaces, noNamespaces } from "../support/netns.ts";
import { runToEnd, sendSignal, type ExitStatus } from "../support/process.ts";
import { has } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

type Ended = ExitStatus & { readonly stdout: string; readonly stderr: string };

const NEEDS = ["qemu-system-x86_64", "qemu-img", "debootstrap", "ssh"];
const missing = NEEDS.find((program) => !has(program));
const skipped =
  process.env["TANDEM_TEST_LONG"] !== "1"
    ? "skipped: set TANDEM_TEST_LONG=1"
    : missing !== undefined
      ? `skipped: ${missing} is not installed`
      : noNamespaces;

/** An image that is kept spares a debootstrap. */
const CACHE = process.env["TANDEM_VM_CACHE"];

function lab(...args: readonly string[]): Promise<Ended> {
  const program = path.join(REPOSITORY_DIR, "scripts", "lab");
  return runToEnd({ command: "env", args: ["-u", "VITEST", program, ...args] });
}

function disks(cache: string): string[] {
  const images = readdirSync(cache).filter((name) => name.startsWith("debian12-"));
  return images.flatMap((image) =>
    readdirSync(path.join(cache, image)).filter((file) => file.startsWith("lab-")),
  );
}

test.skipIf(noNamespaces !== undefined)(
  "words for machines are refused where there are none",
  async () => {
    const mixed = await lab("up", "--vm", "--mixed");
    expect(mixed).toMatchObject({ code: 2 });
    expect(mixed.stderr).toContain("found --vm beside --impl or --mixed");
    expect(await lab("--name", "nolab", "power-cut", "lb1")).toMatchObject({ code: 3 });
  },
  240_000,
);

describe.skipIf(skipped !== undefined)(`machines ${skipped ?? ""}`, { timeout: 1_800_000 }, () => {
  test("are up with systemd's unit, lose their power, come back, and leave nothing", async () => {
    const name = `v${process.pid}`;
    const cache = CACHE ?? tempDir();
    const own = (...words: readonly string[]): Promise<Ended> => lab("--name", name, ...words);
    endLater(async () => {
      await own("down");
    });
    const up = await own("up", "--vm", "--cache", cache);
    expect(up, up.stdout + up.stderr).toMatchObject({ code: 0 });
    const status = async (): Promise<readonly [string, boolean, boolean][]> => {
      const { nodes } = JSON.parse((await own("status", "--json")).stdout) as {
        nodes: { host: string; holdsVip: boolean; isListening: boolean }[];
      };
      return nodes.map((node) => [node.host, node.holdsVip, node.isListening]);
    };
    expect(await status()).toEqual([
      ["lb1", true, true],
      ["lb2", false, true],
    ]);
    const unit = await own("shell", "lb2", "systemctl", "is-enabled", "tandem");
    expect(unit.stdout).toBe("enabled\n");

    const cut = await own("power-cut", "lb1");
    expect(cut.stdout, cut.stderr).toMatch(/lb2 has the VIP now\.\nThe VIP was silent for \d+ ms/);
    expect(await status()).toEqual([
      ["lb1", false, false],
      ["lb2", true, true],
    ]);
    expect(await own("power-on", "lb1")).toMatchObject({ code: 0 });
    await waitFor(async () => (await status())[0]![2], {
      ...{ timeoutMs: 600_000, intervalMs: 2_000, what: "lb1 to serve again" },
    });
    expect(await status()).toEqual([
      ["lb1", false, true],
      ["lb2", true, true],
    ]);

    // A keeper that is killed takes the machines along; down takes the rest.
    sendSignal(keeperOf(name)!, "SIGKILL");
    expect(await own("down")).toMatchObject({ code: 0 });
    const namespaces = await listNamespaces();
    expect(namespaces.filter((one) => one.startsWith(`tdlab-${name}-`))).toEqual([]);
    expect([existsSync(folderOf(name)), disks(cache)]).toEqual([false, []]);
  });
});
