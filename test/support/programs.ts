import { accessSync, constants } from "node:fs";
import path from "node:path";

/** Programs that tests run when they are there, and the Debian packages that bring them. */
const PACKAGES: Readonly<Record<string, string>> = {
  cc: "gcc libc6-dev",
  haproxy: "haproxy",
  arping: "iputils-arping",
  chrt: "util-linux",
  keepalived: "keepalived",
  tcpdump: "tcpdump",
  ip: "iproute2",
  mosquitto: "mosquitto",
  mosquitto_pub: "mosquitto-clients",
  nft: "nftables",
  openssl: "openssl",
  killall: "psmisc",
  pgrep: "procps",
  ping: "iputils-ping",
  prlimit: "util-linux",
  promtool: "prometheus",
  setpriv: "util-linux",
  sysctl: "procps",
  "systemd-analyze": "systemd",
  taskset: "util-linux",
  vagrant: "vagrant",
};

// Debian keeps daemons where an ordinary user's PATH does not look.
const SYSTEM_DIRS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Where a program is installed; `undefined` when it is not. */
export function findProgram(program: string): string | undefined {
  const dirs = [...(process.env["PATH"] ?? "").split(":"), ...SYSTEM_DIRS];
  return dirs
    .filter((dir) => dir !== "")
    .map((dir) => path.join(dir, program))
    .find(isExecutable);
}

/** Whether a program is installed: `test.skipIf(!has("haproxy"))`. */
export function has(program: string): boolean {
  return findProgram(program) !== undefined;
}

/** For the end of a suite's name: nothing, or why the suite is skipped and how to get it run. */
export function skipNote(program: string): string {
  return has(program) ? "" : ` (skipped: ${skipReason(program)})`;
}

/** Says that a program is missing and how to get it. */
export function skipReason(program: string): string {
  return `${program} is not installed: run "apt-get install ${PACKAGES[program] ?? program}"`;
}

/** Where a program is installed; throws with the remedy when it is not. */
export function requireProgram(program: string): string {
  const file = findProgram(program);
  if (file === undefined) throw new Error(skipReason(program));
  return file;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
