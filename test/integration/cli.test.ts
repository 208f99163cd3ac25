import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { runHaproxyCommand } from "../../cli/haproxy.ts";
import { runTandemCommand } from "../../cli/tandem.ts";
import type { BalancerOptions } from "../../src/balancer-options.ts";
import { startControlSocket } from "../../src/io/control-socket.ts";
import { loadConfiguration } from "../../src/io/load-configuration.ts";
import { endLater } from "../support/cleanup.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { tempDir, tempFile } from "../support/temp.ts";

const TIMEOUTS = "  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n";
const CLEAN = `listen a\n  mode tcp\n  bind 127.0.0.1:1883\n${TIMEOUTS}`;
const WARNED = "listen a\n  mode tcp\n  bind 127.0.0.1:1883\n";

const NO_AGENT = {
  runAgent: () => Promise.resolve(0),
  runNode: () => Promise.resolve(0),
  releaseVips: () => Promise.resolve({ removed: [], problems: [] }),
};

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  readonly started: readonly BalancerOptions[];
}

async function run(program: typeof runHaproxyCommand, words: readonly string[]): Promise<Ran> {
  let out = "";
  let error = "";
  const started: BalancerOptions[] = [];
  const code = await program({
    words,
    script: "unused",
    run: (options) => {
      started.push(options);
      return Promise.resolve(0);
    },
    output: { out: (text) => void (out += text), error: (text) => void (error += text) },
  });
  return { code, out, error, started };
}

function haproxy(...words: string[]): Promise<Ran> {
  return run(runHaproxyCommand, words);
}

function tandem(...words: string[]): Promise<Ran> {
  return run((options) => runTandemCommand({ ...options, ...NO_AGENT }), words);
}

function write(text: string): string {
  return tempFile("x.cfg", text);
}

describe("haproxy -c", () => {
  test("prints HAProxy's verdict and exits with its codes", async () => {
    expect(await haproxy("-c", "-f", write(CLEAN))).toMatchObject({
      code: 0,
      out: "Configuration file is valid\n",
      error: "",
    });
    const warned = await haproxy("-c", "-f", write(WARNED));
    expect(warned).toMatchObject({
      code: 0,
      out: "Warnings were found.\nConfiguration file is valid\n",
    });
    expect(warned.error).toContain("missing timeouts for proxy 'a'");
    expect(await haproxy("-c", "-f", write("global\n"))).toMatchObject({
      code: 2,
      out: "Configuration file has no error but will not start (no listener) => exit(2).\n",
    });
    expect((await haproxy("-c", "-dW", "-f", write(WARNED))).error).toContain("zero-warning");
  });

  test("says nothing with -q", async () => {
    for (const text of [CLEAN, WARNED, "bogus\n"]) {
      expect(await haproxy("-c", "-q", "-f", write(text))).toMatchObject({ out: "", error: "" });
    }
  });

  test("enters the folder of -C before it reads files", async () => {
    const before = process.cwd();
    endLater(() => process.chdir(before));
    const file = write(CLEAN);
    const missing = await haproxy("-c", "-C", "/nonexistent", "-f", file);
    expect(missing).toMatchObject({ code: 1 });
    expect(missing.error).toContain("Could not change to directory /nonexistent");
    const words = ["-c", "-C", path.dirname(file), "-f", "x.cfg"];
    expect(await haproxy(...words)).toMatchObject({ code: 0 });
  });

  const CASES: readonly (readonly [name: string, text: string, flags: readonly string[]])[] = [
    ["a clean file", CLEAN, []],
    ["a file with warnings", WARNED, []],
    ["warnings under -dW", WARNED, ["-dW"]],
    ["an unknown keyword", `${CLEAN}  bogus\n`, []],
    ["no listener", "global\n", []],
    ["an unresolvable server", `${CLEAN}  server s nobody.invalid:1\n`, []],
    ["an unresolvable server under -dr", `${CLEAN}  server s nobody.invalid:1\n`, ["-dr"]],
    ["an unknown flag", CLEAN, ["-Z"]],
  ];

  test.skipIf(!has("haproxy")).each(CASES)(
    `agrees with HAProxy on the exit code of %s${skipNote("haproxy")}`,
    async (_name, text, flags) => {
      const words = ["-c", "-q", "-f", write(text), ...flags];
      const real = await runToEnd({ command: "haproxy", args: words });
      expect((await haproxy(...words)).code).toBe(real.code);
    },
  );
});

describe("haproxy", () => {
  test.each([
    ["version_atleast(2.4)", 0],
    ["version_atleast(3.4)", 1],
    ["feature(OPENSSL) && !feature(LUA)", 0],
    ["foo(", 2],
  ])("-cc %j exits with %i", async (condition, code) => {
    expect(await haproxy("-cc", condition)).toMatchObject({ code, out: "" });
  });

  test("prints usage and exits with 1 for wrong flags, with 0 for -h", async () => {
    expect(await haproxy()).toMatchObject({ code: 1 });
    expect((await haproxy("-Z")).error).toMatch(/unknown flag '-Z'[\s\S]*Usage : haproxy/);
    expect(await haproxy("-h")).toMatchObject({ code: 0 });
  });

  test("hands its flags to the balancer", async () => {
    const file = write(CLEAN);
    const flags = ["-W", "-n", "9", "-L", "me", "-p", "x.pid", "-q", "-sf", "11", "12"];
    const { code, started } = await haproxy("-f", file, ...flags);
    expect(code).toBe(0);
    expect(started).toMatchObject([
      {
        files: [file],
        maxconn: 9,
        localpeer: "me",
        pidfile: "x.pid",
        quiet: true,
        warningsAreErrors: false,
        signalAfterReady: { pids: [11, 12], signal: "SIGUSR1" },
      },
    ]);
  });

  test("stays in the foreground under -Ws although the file says daemon", async () => {
    const file = write(`global\n  daemon\n${CLEAN}`);
    expect((await haproxy("-Ws", "-f", file)).started).toHaveLength(1);
    expect((await haproxy("-db", "-f", file)).started).toHaveLength(1);
  });
});

describe("tandem", () => {
  test("check describes what a valid configuration does", async () => {
    const ran = await tandem("check", "-f", write(CLEAN));
    expect(ran).toMatchObject({ code: 0, error: "" });
    expect(ran.out).toContain("1883");
    expect(ran.out).toMatch(/Configuration file is valid\n$/);
  });

  test("check names a missing file and exits with 1", async () => {
    const ran = await tandem("check", "-f", path.join(tempDir(), "none.cfg"));
    expect(ran.code).toBe(1);
    expect(ran.error).toContain("No such file or directory");
  });

  test.each([
    ["chek", "unknown command 'chek'; did you mean 'check'"],
    ["check -f x --quite", "unknown option or argument 'quite'; did you mean '--quiet'"],
    ["check", "-f is missing"],
    ["", "no command given"],
    ["balancer -f x -n many", "-n expects a whole number above 0"],
    ["reload -p a --control b", "mutually exclusive"],
  ])("refuses %j with a hint", async (line, message) => {
    const ran = await tandem(...line.split(" ").filter((word) => word !== ""));
    expect(ran.code).toBe(1);
    expect(ran.error).toContain(message);
    expect(ran.started).toEqual([]);
  });

  test("balancer hands its options on", async () => {
    const { started } = await tandem(
      ...["balancer", "-f", "a", "-f", "b", "-L", "me", "-n", "7", "--control", "/c.sock"],
    );
    expect(started).toMatchObject([
      { files: ["a", "b"], localpeer: "me", maxconn: 7, controlPath: "/c.sock" },
    ]);
  });

  test("reload prints the balancer's answer and exits with its verdict", async () => {
    const file = path.join(tempDir(), "c.sock");
    const answers = [
      { ok: true, message: "Reloaded", diagnostics: "" },
      { ok: false, message: "nothing changed", diagnostics: "[ALERT] x\n" },
    ];
    const control = await startControlSocket(file, {
      reload: () => Promise.resolve(answers.shift()!),
      status: () => {
        throw new Error("nobody asks for a status here");
      },
      events: () => {
        throw new Error("nobody asks for events here");
      },
    });
    endLater(() => control.close());
    expect(await tandem("reload", "--control", file)).toMatchObject({ code: 0, out: "Reloaded\n" });
    expect(await tandem("reload", "--control", file)).toMatchObject({
      code: 1,
      error: "[ALERT] x\ntandem: reload: nothing changed\n",
    });
  });

  test("reload says that a pid file names no process", async () => {
    const file = path.join(tempDir(), "pid");
    expect((await tandem("reload", "-p", file)).error).toContain("no process id found");
    writeFileSync(file, "rubbish\n");
    expect((await tandem("reload", "-p", file)).code).toBe(1);
  });
});

describe("loadConfiguration()", () => {
  const LOOKUPS: Readonly<Record<string, { address: string; family: number }[]>> = {
    "both.test": [
      { address: "2001:db8::1", family: 6 },
      { address: "192.0.2.1", family: 4 },
    ],
  };

  function resolve(host: string) {
    const found = LOOKUPS[host];
    return found === undefined ? Promise.reject(new Error("ENOTFOUND")) : Promise.resolve(found);
  }

  async function load(servers: string) {
    const file = write(`${CLEAN}${servers}`);
    const loaded = await loadConfiguration([file], { resolve });
    const addresses = [...loaded.addresses].map(([server, { host, port }]) => [
      server.name,
      host,
      port,
    ]);
    return { addresses, messages: loaded.diagnostics.map((found) => found.message) };
  }

  test("follows init-addr and looks each name up", async () => {
    const loaded = await load(
      "  server a both.test:1883\n" +
        "  server b ipv4@both.test:1884\n" +
        "  server c nobody.test:1 init-addr last,libc,none\n" +
        "  server d nobody.test:2 init-addr libc,192.0.2.9\n",
    );
    expect(loaded).toEqual({
      addresses: [
        ["a", "2001:db8::1", 1883],
        ["b", "192.0.2.1", 1884],
        ["d", "192.0.2.9", 2],
      ],
      messages: [],
    });
  });

  test("names every server that has no address", async () => {
    const loaded = await load("  server a nobody.test:1\n  server b none.test:1 init-addr last\n");
    expect(loaded.messages).toEqual([
      "'server a/a' : could not resolve address 'nobody.test'.",
      "'server a/b' : no method found to resolve address 'none.test'.",
    ]);
  });

  test("finds what is wrong with log formats", async () => {
    const loaded = await load("  log 127.0.0.1 local0\n  log-format %nope\n");
    expect(loaded.messages.join()).toContain("no such format variable 'nope'");
  });
});
