import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { runKeepalivedCommand } from "../../cli/keepalived.ts";
import { runTandemCommand } from "../../cli/tandem.ts";
import type { AgentOptions, ReleaseReport, RunOptions } from "../../ha/agent-options.ts";
import { tempDir, tempFile } from "../support/temp.ts";

const GOOD = `global_defs {
  router_id lb1
}
vrrp_instance VI_1 {
  interface lo0missing
  virtual_router_id 77
  priority 101
  advert_int 1
  virtual_ipaddress {
    10.98.0.100/24
  }
}
`;
/** Interfaces are looked up on this machine, which has this one. */
const FILE = GOOD.replace("lo0missing", existingInterface());
const BALANCER =
  "listen a\n  mode tcp\n  bind 10.98.0.100:1883\n" +
  "  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n";

function existingInterface(): string {
  const lines = readFileSync("/proc/net/dev", "utf8").split("\n").slice(2);
  const names = lines.map((line) => line.split(":")[0]!.trim());
  return names.find((name) => name !== "" && name !== "lo") ?? "lo";
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  readonly agents: readonly AgentOptions[];
  readonly nodes: readonly RunOptions[];
  readonly released: readonly object[];
}

async function tandem(words: readonly string[], report?: ReleaseReport): Promise<Ran> {
  let [out, error] = ["", ""];
  const agents: AgentOptions[] = [];
  const nodes: RunOptions[] = [];
  const released: object[] = [];
  const code = await runTandemCommand({
    words,
    script: "unused",
    run: () => Promise.resolve(0),
    runAgent: (options) => Promise.resolve(agents.push(options) - 1),
    runNode: (options) => Promise.resolve(nodes.push(options) - 1),
    releaseVips: (options) => {
      released.push(options);
      return Promise.resolve(report ?? { removed: [], problems: [] });
    },
    output: { out: (text) => void (out += text), error: (text) => void (error += text) },
  });
  return { code, out, error, agents, nodes, released };
}

async function keepalived(...words: string[]) {
  let [out, error] = ["", ""];
  const agents: AgentOptions[] = [];
  const code = await runKeepalivedCommand({
    words,
    script: "unused",
    runAgent: (options) => Promise.resolve(agents.push(options) - 1),
    output: { out: (text) => void (out += text), error: (text) => void (error += text) },
  });
  return { code, out, error, agents };
}

function write(text = FILE, name = "keepalived.conf"): string {
  return tempFile(name, text);
}

describe("tandem check -k", () => {
  test("describes a node, and lints it", async () => {
    const file = write();
    const { code, out, error } = await tandem(["check", "-k", file]);
    expect(error).toBe("");
    expect(code).toBe(0);
    expect(out).toContain("node lb1\n  vrrp_instance VI_1: VRID 77 on");
    expect(out).toContain(`${file} is valid\n`);
    expect(out).not.toContain("supervision");
    const strict = await tandem(["check", "-k", write(FILE.replace("/24", ""))]);
    expect(strict.code).toBe(0);
    expect(strict.error).toMatch(/: Line \d+\) warning: \(VI_1\) 10\.98\.0\.100 has no prefix/);
  });

  test("says who wins between two files", async () => {
    const second = FILE.replace("lb1", "lb2").replace("priority 101", "priority 100");
    const { code, out, error } = await tandem(["check", "-k", write(), "-k", write(second)]);
    expect([code, error]).toEqual([0, ""]);
    expect(out).toContain("election of VRID 77: lb1 is master, priority 101 against 100");
    const same = await tandem(["check", "-k", write(), "-k", write(FILE.replace("lb1", "lb2"))]);
    expect(same.error).toContain("has priority 101, and so has the first file");
  });

  test("one file for two nodes, told apart by -i", async () => {
    const both = FILE.replace("  priority 101", "@a priority 101\n@b priority 90").replace(
      "  router_id lb1",
      "@a router_id lb1\n@b router_id lb2",
    );
    const file = write(both);
    const words = ["check", "-k", file, "-i", "a", "-k", file, "-i", "b"];
    const { code, out, error } = await tandem(words);
    expect([code, error]).toEqual([0, ""]);
    expect(out).toContain("lb1 is master, priority 101 against 90");
  });

  test("with -f it is a whole node, whose listeners are known", async () => {
    const words = ["check", "-f", write(BALANCER, "haproxy.cfg"), "-k", write()];
    const { code, out, error } = await tandem(words);
    expect(code).toBe(0);
    // Only this machine's own setting decides whether a listener on an absent VIP is a mistake.
    const isAllowed = readFileSync("/proc/sys/net/ipv4/ip_nonlocal_bind", "utf8").trim() !== "0";
    expect(error.includes("listens on the VIP 10.98.0.100")).toBe(!isAllowed);
    expect(out).toContain("listen a\n  listens on ipv4@10.98.0.100:1883");
    expect(out).toContain("  supervision\n");
  });

  test("exit codes: the balancer's error first, else the agent's; 1 for no file", async () => {
    const wrong = write(`${FILE}bogus 1\n`);
    const good = write(BALANCER, "haproxy.cfg");
    const bad = write("bogus\n", "haproxy.cfg");
    expect((await tandem(["check", "-k", wrong])).code).toBe(5);
    expect((await tandem(["check", "-f", good, "-k", wrong])).code).toBe(5);
    expect((await tandem(["check", "-f", bad, "-k", wrong])).code).toBe(1);
    const missing = await tandem(["check", "-k", "/nonexistent/k.conf"]);
    expect(missing.code).toBe(1);
    expect(missing.error).toContain("Config files missing '/nonexistent/k.conf'.");
  });

  test("-q only sets the exit code", async () => {
    const file = write(`${FILE}bogus 1\n`);
    expect(await tandem(["check", "-q", "-k", file])).toMatchObject({
      code: 5,
      out: "",
      error: "",
    });
    expect(await tandem(["check", "-q", "-k", write()])).toMatchObject({ code: 0, out: "" });
  });

  test.each([
    [["check"], "-f is missing"],
    [["check", "-k", "a", "-k", "b", "-k", "c"], "a pair has two nodes"],
    [["agent"], "-k is missing"],
    [["run", "-k", "a"], "-f is missing"],
    [["run", "-f", "a"], "-k is missing"],
    [["agent", "-k", "a", "-k", "b"], "-k is given more than once"],
    [["release"], "-k is missing"],
    [["run", "-f", "a", "-k", "b", "-n", "0"], "-n expects a whole number above 0"],
    [["agents", "-k", "a"], "did you mean 'agent'"],
    [["agent", "-k", "a", "--log-detial"], "did you mean '--log-detail'"],
  ])("%j is refused: %s", async (words, text) => {
    const ran = await tandem(words);
    expect(ran.code).toBe(1);
    expect(ran.error).toContain(text);
    expect([ran.agents, ran.nodes, ran.released]).toEqual([[], [], []]);
  });
});

describe("tandem agent, run, release", () => {
  test("agent passes its options on, by -f and by -k", async () => {
    for (const flag of ["-f", "-k", "--keepalived"]) {
      const words = ["agent", flag, "k.conf", "-p", "x.pid", "-i", "lb2", "-V"];
      const { code, agents } = await tandem([...words, "--logs", "console"]);
      expect(code).toBe(0);
      expect(agents).toHaveLength(1);
      expect(agents[0]).toMatchObject({
        file: "k.conf",
        pidfile: "x.pid",
        configId: "lb2",
        keepsVips: true,
        logs: "console",
      });
    }
    const { agents } = await tandem(["agent", "-k", "k.conf"]);
    expect(agents[0]).toMatchObject({ logs: "json", keepsVips: false, logDetail: false });
    expect(agents[0]).not.toHaveProperty("namespace");
  });

  test("run passes both files on", async () => {
    const words = ["run", "-f", "a.cfg", "-f", "b.cfg", "-k", "k.conf", "--control", "c.sock"];
    const { code, nodes } = await tandem([...words, "-L", "lb1", "-n", "100"]);
    expect(code).toBe(0);
    expect(nodes[0]).toMatchObject({
      file: "k.conf",
      balancerFiles: ["a.cfg", "b.cfg"],
      controlPath: "c.sock",
      localpeer: "lb1",
      maxconn: 100,
    });
  });

  test("release says what it did; what is left makes the exit code 1", async () => {
    const words = ["release", "-k", "k.conf", "-s", "blue"];
    const nothing = await tandem(words);
    expect(nothing.released).toEqual([{ file: "k.conf", namespace: "blue" }]);
    expect(nothing).toMatchObject({ code: 0, error: "" });
    expect(nothing.out).toContain("Nothing to remove");
    const done = await tandem(words, { removed: ["10.0.0.1/24 dev eth0"], problems: [] });
    expect(done).toMatchObject({ code: 0, out: "Removed 10.0.0.1/24 dev eth0\n", error: "" });
    const left = await tandem(words, { removed: [], problems: ["10.0.0.2/24 is still there"] });
    expect(left).toMatchObject({ code: 1, out: "" });
    expect(left.error).toBe("tandem: release: 10.0.0.2/24 is still there\n");
  });
});

describe("keepalived", () => {
  test("-t writes findings to stderr or to a file", async () => {
    const file = write(FILE.replace("priority 101", "priority 300"));
    const checked = await keepalived("-t", "-f", file);
    expect(checked.code).toBe(5);
    expect(checked.error).toContain(`(${file}: Line 7)`);
    const log = path.join(tempDir(), "log");
    const silent = await keepalived(`--config-test=${log}`, "-f", file);
    expect(silent).toMatchObject({ code: 5, out: "", error: "" });
    expect(readFileSync(log, "utf8")).toBe(checked.error);
    const unwritable = await keepalived("-t/nonexistent/log", "-f", file);
    expect(unwritable.code).toBe(1);
    expect(unwritable.error).toBe(
      "Unable to open config-test log file /nonexistent/log 2 - No such file or directory\n",
    );
  });

  test("-t of a missing file is 0 as with the original, and 4 with -e", async () => {
    expect((await keepalived("-t", "-f", "/nonexistent/k")).code).toBe(0);
    expect((await keepalived("-t", "-e", "-f", "/nonexistent/k")).code).toBe(4);
  });

  test("-n runs, and remarks on what means nothing once", async () => {
    const ran = await keepalived("-n", "-x", "-x", "-f", "k.conf");
    expect(ran.agents).toHaveLength(1);
    expect(ran.agents[0]).toMatchObject({ file: "k.conf", logs: "syslog" });
    expect(ran.error).toBe("--snmp has no effect: there is no SNMP\n");
  });

  test("signal numbers, version and usage", async () => {
    expect(await keepalived("--signum=JSON")).toMatchObject({ code: 0, out: "36\n" });
    expect(await keepalived("--signum=X")).toMatchObject({ code: 1, error: "Unknown sigfunc X\n" });
    const version = await keepalived("-v");
    expect(version).toMatchObject({ code: 0, out: "" });
    expect(version.error).toMatch(/^Keepalived v2\.2\.7 /);
    expect((await keepalived("-h")).error).toMatch(/^Usage: keepalived \[OPTION\.\.\.\]/);
    expect(await keepalived("--bogus")).toMatchObject({
      code: 1,
      error: "Unknown option --bogus\n",
    });
  });
});
