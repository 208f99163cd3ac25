// What lints of a keepalived.conf ask of this machine. Everything is read when it is asked for;
// what cannot be read is not known.
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { parseIp } from "../../src/base/ip.ts";
import type { InterfaceAddress, LintFacts } from "../config/lint/lint.ts";
import { LINT_SCRIPT_BYTES_MAX } from "../limits.ts";

/** The files that are read; others only in tests. */
export interface MachineFiles {
  readonly mounts: string;
  readonly passwd: string;
  /** The folder of sysctls. */
  readonly sysctl: string;
}

const MACHINE: MachineFiles = {
  mounts: "/proc/self/mounts",
  passwd: "/etc/passwd",
  sysctl: "/proc/sys",
};

/** Facts of this machine; `more` are those that only the caller knows. */
export function machineFacts(
  more: Pick<LintFacts, "hasBalancer" | "balancerAddresses"> = {},
  files: MachineFiles = MACHINE,
): LintFacts {
  return {
    ...more,
    scriptText: readScript,
    scriptUser: defaultScriptUser(files.passwd),
    bindsNonlocal: (family) => readFlag(`${files.sysctl}/net/ipv${family}/ip_nonlocal_bind`),
    hidesProcesses: () => isProcHidden(readText(files.mounts)),
    interfaceAddresses,
  };
}

/** The beginning of a regular file; `undefined` for what is no text, such as a program. */
function readScript(path: string): string | undefined {
  let file: number | undefined;
  try {
    // A FIFO or a device would make the reader wait.
    if (!statSync(path).isFile()) return undefined;
    file = openSync(path, "r");
    const bytes = Buffer.alloc(LINT_SCRIPT_BYTES_MAX);
    const text = bytes.toString("utf8", 0, readSync(file, bytes));
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Keepalived's choice when the file names nobody. */
function defaultScriptUser(passwd: string): string {
  const hasUser = readText(passwd)
    .split("\n")
    .some((line) => line.startsWith("keepalived_script:"));
  return hasUser ? "keepalived_script" : "root";
}

function readFlag(path: string): boolean | undefined {
  const text = readText(path).trim();
  return text === "" ? undefined : text !== "0";
}

/** proc(5): `hidepid=1`, `2`, `4` or their names; `0` and `off` hide nothing. */
function isProcHidden(mounts: string): boolean {
  const options = mounts
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, folder, type]) => folder === "/proc" && type === "proc")
    .flatMap((fields) => (fields[3] ?? "").split(","));
  return options.some((option) => /^hidepid=(?!0$|off$)/.test(option));
}

function interfaceAddresses(name: string): readonly InterfaceAddress[] {
  return (networkInterfaces()[name] ?? []).flatMap(({ address, cidr }) => {
    const bytes = parseIp(address.replace(/%.*$/, ""));
    const prefixLength = Number(cidr?.split("/")[1]);
    return bytes === undefined || !Number.isInteger(prefixLength)
      ? []
      : [{ address: bytes, prefixLength }];
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
