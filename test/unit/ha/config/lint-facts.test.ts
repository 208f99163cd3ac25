import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { machineFacts } from "../../../../ha/io/lint-facts.ts";
import { LINT_SCRIPT_BYTES_MAX } from "../../../../ha/limits.ts";
import { tempDir, tempFile } from "../../../support/temp.ts";

function machine(texts: { mounts?: string; passwd?: string; nonlocal?: string }) {
  const dir = tempDir();
  const files = { mounts: `${dir}/mounts`, passwd: `${dir}/passwd`, sysctl: `${dir}/sys` };
  if (texts.mounts !== undefined) writeFileSync(files.mounts, texts.mounts);
  if (texts.passwd !== undefined) writeFileSync(files.passwd, texts.passwd);
  if (texts.nonlocal !== undefined) {
    mkdirSync(`${files.sysctl}/net/ipv4`, { recursive: true });
    writeFileSync(`${files.sysctl}/net/ipv4/ip_nonlocal_bind`, texts.nonlocal);
  }
  return machineFacts({}, files);
}

describe("machineFacts", () => {
  test("reads the beginning of scripts, and neither programs, folders nor FIFOs", () => {
    const facts = machine({});
    expect(facts.scriptText?.(tempFile("x.sh", "echo 1\n"))).toBe("echo 1\n");
    const long = facts.scriptText?.(tempFile("long.sh", "x".repeat(LINT_SCRIPT_BYTES_MAX + 9)));
    expect(long).toHaveLength(LINT_SCRIPT_BYTES_MAX);
    expect(facts.scriptText?.(process.execPath)).toBeUndefined();
    expect(facts.scriptText?.(tempDir())).toBeUndefined();
    expect(facts.scriptText?.("/nonexistent")).toBeUndefined();
    const fifo = path.join(tempDir(), "fifo");
    execFileSync("mkfifo", [fifo]);
    expect(facts.scriptText?.(fifo)).toBeUndefined();
  });

  test("names who runs scripts", () => {
    expect(machine({ passwd: "root:x:0:0::/:/bin/sh\n" }).scriptUser).toBe("root");
    const passwd = "keepalived_script:x:99:99::/:/bin/false\n";
    expect(machine({ passwd }).scriptUser).toBe("keepalived_script");
    expect(machine({}).scriptUser).toBe("root");
  });

  test("knows ip_nonlocal_bind, or that it is not known", () => {
    expect(machine({ nonlocal: "0\n" }).bindsNonlocal?.(4)).toBe(false);
    expect(machine({ nonlocal: "1\n" }).bindsNonlocal?.(4)).toBe(true);
    expect(machine({}).bindsNonlocal?.(6)).toBeUndefined();
  });

  test.each([
    ["proc /proc proc rw,nosuid,hidepid=2 0 0\n", true],
    ["proc /proc proc rw,hidepid=invisible 0 0\n", true],
    ["proc /proc proc rw,hidepid=0 0 0\n", false],
    ["proc /proc proc rw,nosuid 0 0\nproc /x/proc proc rw,hidepid=2 0 0\n", false],
    [undefined, false],
  ])("%j hides processes: %j", (mounts, expected) => {
    const facts = machine(mounts === undefined ? {} : { mounts });
    expect(facts.hidesProcesses?.()).toBe(expected);
  });

  test("lists an interface's addresses with their lengths", () => {
    const loopback = Object.entries(networkInterfaces()).find(([, list]) => list?.[0]?.internal);
    const found = machine({}).interfaceAddresses?.(loopback?.[0] ?? "none") ?? [];
    expect(found).toHaveLength(loopback?.[1]?.length ?? 0);
    expect(found.every(({ prefixLength }) => prefixLength > 0)).toBe(true);
    expect(machine({}).interfaceAddresses?.("nosuch0")).toEqual([]);
  });
});
