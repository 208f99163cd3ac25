// Small files for `keepalived -t`: keepalived-corpus.txt, read.
import { readFileSync } from "node:fs";

/** One file of the corpus. */
export interface CorpusFile {
  readonly name: string;
  readonly text: string;
}

/**
 * The files. `=== name` starts each. `[instance]`, `[global]` and `[script]` behind the name put the
 * lines into a whole file around them.
 */
export function keepalivedCorpus(): readonly CorpusFile[] {
  const all = readFileSync(new URL("keepalived-corpus.txt", import.meta.url), "utf8");
  return all
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      const [, name, kind] = /^(.*?)(?: \[(\w+)\])?$/.exec(part.slice(0, end))!;
      return { name: name!, text: wrap(kind, part.slice(end + 1)) };
    });
}

function wrap(kind: string | undefined, lines: string): string {
  if (kind === "instance") return instance(lines);
  if (kind === "global") return `global_defs {\n${lines}}\n${instance("")}`;
  if (kind !== "script") return lines;
  const security = "global_defs {\n  enable_script_security\n  script_user root\n}\n";
  const script = `vrrp_script c {\n  script "/bin/true"\n${lines}}\n`;
  return security + script + instance("  track_script { c }\n");
}

function instance(lines: string): string {
  return [
    "vrrp_instance V {\n  interface eth0\n  virtual_router_id 51\n",
    `  virtual_ipaddress { 10.9.9.9/24 }\n${lines}}\n`,
  ].join("");
}
