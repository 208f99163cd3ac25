// scripts/install: what an installed tree can do, an upgrade, and nothing left after it has gone.
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { freePorts } from "../support/ports.ts";
import { runToEnd, startProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { filesBelow, install, installedTree, pathOf, runInstalled } from "./install-harness.ts";

interface BuildInfo {
  readonly node: string;
  readonly natives: readonly string[];
}

const EXAMPLES = path.join(REPOSITORY_DIR, "packaging", "examples");

let root: string;

beforeAll(async () => {
  root = await installedTree();
});

describe("an installed tree", { timeout: 120_000 }, () => {
  test("knows its version by the link in /usr/bin, and needs node alone", async () => {
    const { version } = JSON.parse(
      readFileSync(path.join(REPOSITORY_DIR, "package.json"), "utf8"),
    ) as { version: string };
    const PATH = pathOf("sh", "readlink", "node");
    const { code, stdout } = await runInstalled(root, "usr/bin/tandem", ["version"], { PATH });
    expect([code, stdout.split(" ").slice(0, 2)]).toEqual([0, ["tandem", version]]);
  });

  test("holds what runs, and nothing that builds or tests", () => {
    const lib = path.join(root, "usr/lib/tandem");
    const files = filesBelow(lib);
    expect(files.filter((file) => /\.(?:ts|c|h|o|map)$/.test(file))).toEqual([]);
    expect(files.filter((file) => /node_modules\/(?:typescript|vitest|aedes)$/.test(file))).toEqual(
      [],
    );
    expect(files).toContain("node_modules/pino/LICENSE");
  });

  test("has its compiled parts, and they load", async () => {
    const lib = path.join(root, "usr/lib/tandem");
    const info = JSON.parse(readFileSync(path.join(lib, "build-info.json"), "utf8")) as BuildInfo;
    expect(info.node).toBe(process.version);
    // A machine without a compiler has built none.
    for (const native of info.natives) {
      const { code, stderr } = await runToEnd({
        command: process.execPath,
        args: ["-e", "require(process.argv[1])", path.join(lib, native)],
      });
      expect([native, code, stderr]).toEqual([native, 0, ""]);
    }
  });

  test("serves clients, without a compiler", async () => {
    const [front, back] = (await freePorts(2)) as [number, number];
    const server = net.createServer((socket) => socket.on("error", () => undefined).pipe(socket));
    await new Promise<void>((resolve) => server.listen(back, "127.0.0.1", resolve));
    endLater(() => void server.close());
    const folder = tempDir();
    const config = path.join(folder, "haproxy.cfg");
    writeFileSync(
      config,
      `defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen echo
  bind 127.0.0.1:${front}
  server s1 127.0.0.1:${back}
`,
    );
    const PATH = pathOf("sh", "readlink", "node");
    const check = await runInstalled(root, "usr/bin/tandem", ["check", "-f", config], { PATH });
    expect([check.code, check.stdout]).toEqual([0, expect.stringContaining("file is valid")]);
    await startProcess({
      command: path.join(root, "usr/bin/tandem"),
      args: ["balancer", "-f", config, "--control", path.join(folder, "control.sock")],
      env: { PATH },
      ready: /"msg":"ready"/,
    });
    const client = net.connect(front, "127.0.0.1");
    endLater(() => void client.destroy());
    client.write("hello");
    const answer = await new Promise<string>((resolve, reject) => {
      client.once("data", (bytes) => resolve(bytes.toString())).once("error", reject);
    });
    expect(answer).toBe("hello");
  });

  test.each(["haproxy.cfg", "keepalived.conf"])("example %s can be run", async (name) => {
    const flag = name === "haproxy.cfg" ? "-f" : "-k";
    const file = path.join(root, "etc/tandem", `${name}.example`);
    expect(readFileSync(file)).toEqual(readFileSync(path.join(EXAMPLES, `${name}.example`)));
    const { code, output } = await runInstalled(root, "usr/bin/tandem", ["check", flag, file]).then(
      (ended) => ({ code: ended.code, output: ended.stdout + ended.stderr }),
    );
    // The example's interface may not be here (5).
    expect(output).not.toMatch(/ALERT|unknown/i);
    expect(code === 0 || (name === "keepalived.conf" && code === 5), output).toBe(true);
  });
});

// Installing takes seconds on a busy machine.
describe("scripts/install", { timeout: 120_000 }, () => {
  test("leaves nothing behind", async () => {
    const own = await installedTree("--shims");
    expect(existsSync(path.join(own, "usr/local/sbin/haproxy"))).toBe(true);
    await install(own, "--uninstall");
    expect(filesBelow(own)).toEqual([]);
  });

  test("is idempotent, and the tree is nobody else's to write", async () => {
    const before = filesBelow(root);
    await install(root);
    expect(filesBelow(root)).toEqual(before);
    const writable = execFileSync("find", [root, "-perm", "/022", "!", "-type", "l"]).toString();
    expect(writable).toBe("");
  });

  test("an upgrade keeps edited settings, the shims and what was there before", async () => {
    const own = await installedTree("--shims");
    const settings = path.join(own, "etc/default/tandem");
    appendFileSync(settings, "TANDEM_OPTIONS=--log-detail\n");
    const mine = path.join(own, "etc/tandem/haproxy.cfg");
    writeFileSync(mine, "# mine\n");
    const stale = path.join(own, "usr/lib/tandem/dist/stale.js");
    writeFileSync(stale, "");
    await install(own);
    expect(readFileSync(settings, "utf8")).toContain("--log-detail");
    expect([existsSync(`${settings}.new`), existsSync(stale)]).toEqual([false, false]);
    const shim = await runInstalled(own, "usr/local/sbin/haproxy", ["-v"]);
    expect([shim.code, shim.stdout]).toEqual([0, expect.stringMatching(/haproxy/i)]);
    expect(await install(own, "--uninstall")).toContain("/etc/default/tandem was edited and stays");
    expect(filesBelow(own)).toEqual([
      ...["etc", "etc/default", "etc/default/tandem", "etc/tandem", "etc/tandem/haproxy.cfg"],
    ]);
  });

  test("new settings stand beside edited ones", async () => {
    const own = await installedTree();
    const settings = path.join(own, "etc/default/tandem");
    // As if the former version had shipped another file.
    const manifest = path.join(own, "usr/lib/tandem/install-manifest");
    const text = readFileSync(manifest, "utf8");
    writeFileSync(manifest, text.replace(/^(file \/etc\/default\/tandem) .*$/m, "$1 0123"));
    appendFileSync(settings, "# mine\n");
    expect(await install(own)).toContain("the new one is /etc/default/tandem.new");
    expect(readFileSync(settings, "utf8")).toContain("# mine");
    expect(readFileSync(`${settings}.new`)).toEqual(
      readFileSync(path.join(REPOSITORY_DIR, "packaging/default/tandem")),
    );
    await install(own, "--uninstall", "--purge");
    expect(filesBelow(own)).toEqual([]);
  });

  test("refuses what it does not understand, and to uninstall what is not there", async () => {
    const command = path.join(REPOSITORY_DIR, "scripts/install");
    const unknown = await runToEnd({ command, args: ["--rot", "/tmp"] });
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("'--rot'")]);
    const nothing = await runToEnd({ command, args: ["--root", tempDir(), "--uninstall"] });
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining("nothing of ours")]);
  });
});
