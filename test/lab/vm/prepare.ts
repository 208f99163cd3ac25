// What machines are made of: an image, and the package of the working tree.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { has } from "../../support/programs.ts";
import { REPOSITORY_DIR } from "../../support/repository.ts";
import { safeAccelerator, type Accelerator } from "./machine.ts";

/** Programs, and the Debian packages that bring them. */
const NEEDS: readonly (readonly [string, string])[] = [
  ["qemu-system-x86_64", "qemu-system-x86"],
  ["qemu-img", "qemu-utils"],
  ["debootstrap", "debootstrap"],
  ["mkfs.ext4", "e2fsprogs"],
  ["ssh", "openssh-client"],
];

/** Builds what is not there or old; says what is missing by `fail`. Takes minutes for the first time. */
export function preparedVm(
  cache: string,
  wantsKvm: boolean,
  fail: (text: string, code: number) => never,
): { readonly image: string; readonly accelerator: Accelerator } {
  const missing = NEEDS.filter(([program]) => !has(program)).map(([, name]) => name);
  if (missing.length > 0) fail(`not installed: apt-get install ${missing.join(" ")}`, 1);
  script("vagrant/pack");
  const image = script("scripts/vm-image", "--cache", path.resolve(cache)).trim();
  return { image, accelerator: wantsKvm ? "kvm" : safeAccelerator() };

  function script(file: string, ...args: readonly string[]): string {
    const ended = spawnSync(path.join(REPOSITORY_DIR, file), args, {
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
    });
    if (ended.status !== 0) fail(`${file} failed`, 1);
    return ended.stdout;
  }
}
