// The `keepalived` command beside the installed Keepalived 2.2.7: same words and file, same exit code,
// and the original's lines among ours. `-t` starts nothing, so no namespace is needed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { runKeepalivedCommand } from "../../cli/keepalived.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { tempDir, tempFile } from "../support/temp.ts";

/** IFF_MULTICAST of netdevice(7): the original refuses interfaces without it. */
const MULTICAST = 0x1000;
const INTERFACE = readdirSync("/sys/class/net").find((name) => {
  const file = `/sys/class/net/${name}/flags`;
  return (
    name !== "lo" && existsSync(file) && (Number(readFileSync(file, "utf8")) & MULTICAST) !== 0
  );
});

/** An instance with further lines. */
function instance(...lines: readonly string[]): string {
  return [
    "vrrp_instance V {",
    `  interface ${INTERFACE ?? "lo"}`,
    "  virtual_router_id 77",
    "  virtual_ipaddress {",
    "    10.98.0.100/24",
    "  }",
    ...lines.map((line) => `  ${line}`),
    "}",
    "",
  ].join("\n");
}

async function ours(words: readonly string[]) {
  let [out, error] = ["", ""];
  const code = await runKeepalivedCommand({
    words,
    script: "unused",
    runAgent: () => Promise.reject(new Error("nothing may start")),
    output: { out: (text) => void (out += text), error: (text) => void (error += text) },
  });
  return { code, out, error };
}

async function original(words: readonly string[]) {
  const { code, stdout, stderr } = await runToEnd({ command: "keepalived", args: words });
  return { code, out: stdout, error: stderr };
}

const FILES: readonly (readonly [name: string, text: string, line: RegExp | undefined])[] = [
  ["a clean file", instance("priority 101"), undefined],
  ["an empty file", "", undefined],
  ["an unknown keyword", instance("foo_bar 1"), /Line 7\) Unknown keyword 'foo_bar'/],
  [
    "a typo in a script",
    `global_defs {\n  enable_script_security\n  script_user root\n}\n` +
      "vrrp_script c {\n  script /bin/true\n  raise 2\n}\n" +
      instance("track_script {", "  c", "}"),
    /Unknown keyword 'raise'/,
  ],
  ["a missing brace", instance("priority 90").replace(/\}\n$/, ""), /missing '\}'/],
  ["an extra brace", `${instance()}}\n`, /Extra '\}' found/],
  [
    "no VRID",
    instance().replace(/.*virtual_router_id.*\n/, ""),
    /\(V\) the virtual router id must be set/,
  ],
  ["a priority out of range", instance("priority 300"), /outside range \[1, 255\]/],
  [
    "an unknown interface",
    instance().replace(/interface .*/, "interface nosuch0"),
    /interface nosuch0 for/,
  ],
  ["a fractional interval in version 2", instance("advert_int 0.1"), /must be an integer/],
  [
    "a tracked script that is not there",
    instance("track_script {", "  d", "}"),
    /track script d not found/,
  ],
  [
    "a long auth_pass",
    instance("authentication {", "  auth_type PASS", "  auth_pass much_too_long", "}"),
    /Truncating auth_pass to 8 characters/,
  ],
  [
    "authentication in version 3",
    instance("version 3", "authentication {", "  auth_type PASS", "  auth_pass x", "}"),
    /does not support authentication/,
  ],
  [
    "scripts without script security",
    "vrrp_script c {\n  script /bin/true\n  user root\n}\n" +
      instance("track_script {", "  c", "}"),
    /SECURITY VIOLATION/,
  ],
  ["nopreempt with state MASTER", instance("state MASTER", "nopreempt"), /nopreempt/],
];

describe.skipIf(!has("keepalived") || INTERFACE === undefined)(
  `keepalived -t beside the original${skipNote("keepalived")}`,
  () => {
    test.each(FILES)("%s", async (_name, text, line) => {
      const words = ["-t", "-f", tempFile("k.conf", text)];
      const [real, own] = await Promise.all([original(words), ours(words)]);
      expect(own.code).toBe(real.code);
      if (line !== undefined) {
        expect(real.error).toMatch(line);
        expect(own.error).toMatch(line);
      }
      // A file that is fine for the original gets nothing but remarks on usual mistakes.
      const firm = own.error.split("\n").filter((one) => /^\(|^[^ ]/.test(one));
      if (real.error === "")
        expect(firm.filter((one) => !/(?:warning|note): /.test(one))).toEqual([]);
    });

    test.each<[string[]]>([
      [["-t", "-f", "/nonexistent/k.conf"]],
      [["-t", "-e", "-f", "/nonexistent/k.conf"]],
      [["--signum=STOP"]],
      [["--signum=RELOAD"]],
      [["--signum=DATA"]],
      [["--signum=STATS"]],
      [["--signum=STATS_CLEAR"]],
      [["--signum=JSON"]],
      [["--signum=NONE"]],
      [["--bogus"]],
      [["-Z"]],
      [["-nZ"]],
      [["--config"]],
      [["-f"]],
      [["-i"]],
    ])("%j", async (words) => {
      const [real, own] = await Promise.all([original(words), ours(words)]);
      expect({ ...own, error: firstLine(own.error) }).toEqual({
        ...real,
        error: firstLine(real.error),
      });
    });

    test("every flag of the original's help is taken", async () => {
      const { error } = await original(["--help"]);
      const flags = Array.from(error.matchAll(/--([a-z_-]+)(=|\[=)?/gi), (match) => match);
      expect(flags.length).toBeGreaterThan(25);
      for (const [, name, value] of flags) {
        const word = value === "=" || name === "config-id" ? [`--${name!}`, "1"] : [`--${name!}`];
        const { error: said } = await ours(["-t", "-f", "/nonexistent", ...word]);
        expect(said).not.toMatch(/Unknown option|Missing parameter/);
      }
    });

    test("a file of findings holds the same line", async () => {
      const file = tempFile("k.conf", instance("foo_bar 1"));
      const dir = tempDir();
      const words = (name: string) => [`--config-test=${path.join(dir, name)}`, "-f", file];
      const [real, own] = await Promise.all([original(words("real")), ours(words("own"))]);
      expect(own.code).toBe(real.code);
      const line = `(${file}: Line 7) Unknown keyword 'foo_bar'`;
      expect(readFileSync(path.join(dir, "real"), "utf8")).toContain(line);
      expect(readFileSync(path.join(dir, "own"), "utf8")).toContain(line);
    });
  },
);

function firstLine(text: string): string {
  return text.split("\n")[0]!;
}
