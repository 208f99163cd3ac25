// The installed HAProxy and our checks look at the same servers and must say the same of them.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { planAgent, planCheck } from "../../src/health/plan.ts";
import { backend, checkSettings, monitored, server } from "../unit/health/fixtures.ts";
import { startHaproxy } from "../support/haproxy.ts";
import type { Haproxy } from "../support/haproxy.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipReason } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import type { CheckedServer } from "./checks-harness.ts";
import { ChecksHarness } from "./checks-harness.ts";
import { AGENTS, SCENARIOS } from "./checks-scenarios.ts";
import type { Behaviour } from "./checks-servers.ts";
import { portsOf, serve } from "./checks-servers.ts";

const TIMEOUTS = { connect: 1000, check: 1000 };
const DEFAULTS = `global
  log stdout format raw local0
defaults
  mode tcp
  log global
  timeout connect 1s
  timeout check 1s
  timeout client 5s
  timeout server 5s
`;

async function certificate(): Promise<{ key: string; cert: string }> {
  const dir = tempDir();
  const [key, cert] = [path.join(dir, "key.pem"), path.join(dir, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-days", "2", "-nodes", "-keyout", key, "-out", cert];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  await runToEnd({ command: "openssl", args: ["req", "-x509", ...curve, ...subject] });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

/** `show stat` by server key, each row by column name. */
async function statistics(haproxy: Haproxy): Promise<Map<string, Map<string, string>>> {
  const rows = (await haproxy.command("show stat")).trim().split("\n").map(splitCsv);
  const names = rows[0]!.map((name) => name.replace(/^# /, ""));
  const byKey = new Map<string, Map<string, string>>();
  for (const row of rows.slice(1)) {
    byKey.set(`${row[0]!}/${row[1]!}`, new Map(names.map((name, at) => [name, row[at] ?? ""])));
  }
  return byKey;
}

function splitCsv(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*),/g)].map((match) =>
    match[1]!.replace(/^"(.*)"$/s, "$1").replaceAll('""', '"'),
  );
}

/** Durations differ from run to run. */
function withoutDuration(line: string): string {
  return withoutStaleError(line).replace(/check duration: \d+ms/, "check duration: Nms");
}

/** HAProxy at times adds the error number that some other socket left behind. */
function withoutStaleError(text: string): string {
  return text.replace(/(SSL handshake failure) \([A-Z][^()]*\)/, "$1");
}

interface Case {
  readonly key: string;
  readonly label: string;
  readonly lines: readonly string[];
  readonly checked: CheckedServer;
}

/** One backend with one server per scenario and behaviour, so that counts in lines are known. */
function casesOf(ports: ReadonlyMap<string, number>): Case[] {
  const portOf = (name: string): number => ports.get(name)!;
  const fill = (line: string): string =>
    line.replace(/%(\w+)%/g, (_, name: string) => String(portOf(name)));
  const cases: Case[] = [];
  for (const scenario of SCENARIOS) {
    for (const name of scenario.servers) {
      const proxy = `c${cases.length}`;
      const key = `${proxy}/${name}`;
      const port = portOf(name);
      const check = checkSettings({ intervalMs: 2000, ...scenario.settings });
      const address = { kind: "ip", family: 4, host: "127.0.0.1", port } as const;
      const ours = server({ name, address, check });
      const plan = planCheck(backend(proxy, [ours], scenario.method(portOf), TIMEOUTS), ours)!;
      cases.push({
        key,
        label: `${name}: ${scenario.lines.join("; ")} ${scenario.words ?? ""}`,
        lines: [
          `backend ${proxy}`,
          ...scenario.lines.map(fill),
          `server ${name} 127.0.0.1:${port} check inter 2s ${scenario.words ?? "verify none"}`,
        ],
        checked: { monitored: monitored({ key, check }), check: plan },
      });
    }
  }
  return cases;
}

const missing = ["haproxy", "openssl"].find((program) => !has(program));
const suite = missing === undefined ? "" : ` (${skipReason(missing)})`;

describe.skipIf(missing !== undefined)(`checks beside HAProxy${suite}`, () => {
  test("CheckRunner reports the codes and texts of HAProxy for every scripted server", async () => {
    const certs = await certificate();
    const cases = casesOf(await portsOf(certs));
    const config = DEFAULTS + cases.map(({ lines }) => lines.join("\n  ")).join("\n");
    const haproxy = await startHaproxy({ config });
    const harness = new ChecksHarness(
      cases.map(({ checked }) => checked),
      { rejectUnauthorized: false },
    );

    const theirs = new Map<string, string>();
    const readTheirs = async (): Promise<void> => {
      for (const [key, row] of await statistics(haproxy)) {
        const code = row.get("check_status")!;
        // A star marks a check in progress, with an earlier verdict that is shown only in part.
        if (code === "" || code === "INI" || code.startsWith("*")) continue;
        const info = withoutStaleError(row.get("last_chk")!);
        theirs.set(key, `${code} ${row.get("check_code")!} ${info}`.trimEnd());
      }
    };
    const readOurs = (key: string): string | undefined => {
      const report = harness.monitor.statusOf(key)?.check?.lastReport;
      return report && `${report.code} ${report.status ?? ""} ${report.info}`.trimEnd();
    };
    // On a machine that is busy otherwise either side may time out once: the next check tells.
    await waitFor(
      async () => {
        await readTheirs();
        return cases.every(({ key }) => theirs.has(key) && theirs.get(key) === readOurs(key));
      },
      { timeoutMs: 15_000, intervalMs: 50 },
    ).catch(() => undefined);
    expect(cases.map(({ key, label }) => `${label} => ${readOurs(key)}`)).toEqual(
      cases.map(({ key, label }) => `${label} => ${theirs.get(key)}`),
    );

    const linesOf = (key: string, lines: readonly string[]): string[] =>
      lines.filter((line) => line.startsWith(`Server ${key} is `)).map(withoutDuration);
    const theirLines = haproxy.process.stdout().split("\n");
    // Servers that changed once, on both sides, did so for the verdict compared above.
    const steady = cases.filter(({ key }) =>
      [harness.lines, theirLines].every((lines) => linesOf(key, lines).length === 1),
    );
    expect(steady.length).toBeGreaterThan(cases.length / 3);
    expect(steady.map(({ key }) => linesOf(key, harness.lines))).toEqual(
      steady.map(({ key }) => linesOf(key, theirLines)),
    );
  });

  test("CheckRunner reads agents as HAProxy does", async () => {
    const ports = await portsOf(await certificate());
    const agent = (name: string) => ({ port: ports.get(name)!, intervalMs: 1000 });
    const checkedOf = (name: string): CheckedServer => {
      const ours = server({ name, agent: agent(name) });
      const plan = planAgent(backend("be", [ours], { kind: "tcp" }, TIMEOUTS), ours)!;
      const { check: _, ...rest } = monitored({ key: `be/${name}`, agent: agent(name) });
      return { monitored: rest, agent: plan };
    };
    const lines = AGENTS.map(
      (name) =>
        `server ${name} 127.0.0.1:9 agent-check agent-port ${ports.get(name)!} agent-inter 1s`,
    );
    const haproxy = await startHaproxy({
      config: `${DEFAULTS}backend be\n  ${lines.join("\n  ")}`,
    });
    const harness = new ChecksHarness(AGENTS.map(checkedOf), {});

    const theirs = await waitFor(
      async () => {
        const rows = await statistics(haproxy);
        const found = AGENTS.map((name) => rows.get(`be/${name}`)!);
        const isDone = found.every((row) =>
          /^[A-Z]\w+$/.test(row.get("agent_status")!.replace("INI", "")),
        );
        return isDone && found.map((row) => `${row.get("agent_status")!} ${row.get("last_agt")!}`);
      },
      { what: "a verdict of HAProxy on every agent", intervalMs: 20 },
    );
    const reportOf = (name: string) => harness.monitor.statusOf(`be/${name}`)?.agent?.lastReport;
    await waitFor(() => AGENTS.every((name) => reportOf(name) !== undefined));
    const ours = AGENTS.map((name) => `${reportOf(name)!.code} ${reportOf(name)!.info}`);
    expect(ours).toEqual(theirs);
  });

  test("HealthMonitor logs the same transitions in the same order", async () => {
    const statuses = [200, 200, 500, 500, 500, 500, 200, 500, 200, 200, 404, 200];
    const script: Behaviour = (socket, count) => {
      const status = statuses[Math.min(count, statuses.length - 1)]!;
      socket.once("data", () => socket.end(`HTTP/1.0 ${status} Said\r\n\r\n`));
    };
    const [theirPort, ourPort] = [await serve(script), await serve(script)];
    const haproxy = await startHaproxy({
      config: `${DEFAULTS}backend be
  option httpchk
  option log-health-checks
  server s 127.0.0.1:${theirPort} check inter 60ms`,
    });
    const check = checkSettings({ intervalMs: 60 });
    const address = { kind: "ip", family: 4, host: "127.0.0.1", port: ourPort } as const;
    const s = server({ address, check });
    const plan = planCheck(backend("be", [s], { kind: "httpchk", rules: [] }, TIMEOUTS), s)!;
    const checked = { monitored: monitored({ check, logChecks: true }), check: plan };
    const harness = new ChecksHarness([checked], {});

    // The last status of the script heals the server: full health ends both logs.
    const isHealed = (lines: readonly string[]): boolean =>
      lines.filter((line) => line.includes("3/3 UP")).length >= 3;
    const theirLines = (): string[] =>
      haproxy.process
        .stdout()
        .split("\n")
        .filter((line) => /^(Health check|Server)/.test(line));
    await waitFor(() => isHealed(theirLines()) && isHealed(harness.lines), {
      what: () => `healed servers, got ${theirLines().join("\n")}\n${harness.lines.join("\n")}`,
    });
    expect(harness.lines.map(withoutDuration)).toEqual(theirLines().map(withoutDuration));
  });
});
