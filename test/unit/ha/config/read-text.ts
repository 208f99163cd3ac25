// Reading of texts without a file system, for tests.
import {
  readKeepalivedConfiguration,
  type ReadOptions,
  type ReadOutcome,
} from "../../../../ha/config/read.ts";

/** Reads `text` as `k.conf`; `files` are what it may include. */
export function readText(
  text: string,
  options: Partial<ReadOptions> = {},
  files: Readonly<Record<string, string>> = {},
): ReadOutcome {
  return readKeepalivedConfiguration({
    file: "k.conf",
    sources: {
      read: (path) => (path === "k.conf" ? text : files[path]),
      glob: (pattern) => Object.keys(files).filter((path) => path === pattern),
    },
    hostName: "lb1.example.org",
    environment: {},
    hasBalancer: false,
    ...options,
  });
}

/** `line: message` of each finding. */
export function messagesOf({ diagnostics }: ReadOutcome): readonly string[] {
  return diagnostics.map((one) => `${one.position?.line ?? "-"}: ${one.message}`);
}

/** A whole outcome as text: bytes in hex, places as `file:line`, without what is undefined. */
export function printOutcome({
  configuration,
  diagnostics,
  exitCode,
  isUsable,
}: ReadOutcome): string {
  const findings = diagnostics.map((one) => {
    const place = one.position === undefined ? "-" : String(one.position.line);
    const hint = one.hint === undefined ? "" : `\n    ${one.hint}`;
    return `${one.severity} ${place}: ${one.message}${hint}\n`;
  });
  const json = JSON.stringify(configuration, replace, 1);
  return `exit ${exitCode}, ${isUsable ? "usable" : "not usable"}\n${findings.join("")}${json}\n`;
}

function replace(name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (name === "position") return (value as { line: number }).line;
  return value;
}

/** An instance around `lines`, which start in line 5. */
export function instanceWith(lines: string): string {
  const head = "vrrp_instance V {\n interface eth0\n virtual_router_id 51\n";
  return `${head} virtual_ipaddress { 10.9.9.9/24 }\n${lines}\n}\n`;
}
