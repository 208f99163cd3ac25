// Programs that people use with HAProxy's stats socket, unchanged: socat, hatop and
// prometheus-haproxy-exporter.
import http from "node:http";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { freePorts } from "../support/ports.ts";
import { RunningProcess, runToEnd } from "../support/process.ts";
import { has } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { startEcho } from "./stats-harness.ts";

/** A balancer with one up server, one down and one in maintenance; its admin socket. */
async function startBalancer(): Promise<string> {
  const echo = await startEcho();
  const [port] = await freePorts(1);
  const socket = path.join(tempDir(), "stats.sock");
  await startTandem({
    config: `
global
  stats socket ${socket} level admin
defaults
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend fe
  bind 127.0.0.1:${port!}
  default_backend be
backend be
  server up1 127.0.0.1:${echo} weight 10
  server down1 127.0.0.1:1 check
  server maint1 127.0.0.1:${echo} disabled
`,
    readyTimeoutMs: 20_000,
  });
  return socket;
}

async function shell(script: string): ReturnType<typeof runToEnd> {
  return runToEnd({ command: "sh", args: ["-c", script] });
}

describe.skipIf(!has("socat"))("socat", () => {
  test("one-liners of scripts work as with HAProxy", async () => {
    const socket = await startBalancer();
    const uptime = await shell(
      `echo "show info" | socat stdio unix-connect:${socket} | awk -F': ' '/^Uptime_sec/ {print $2}'`,
    );
    expect(uptime.stdout).toMatch(/^\d+\n$/);
    const down = await shell(
      `echo "show stat" | socat unix-connect:${socket} stdio | cut -d, -f1,2,18 | grep ,DOWN`,
    );
    expect(down.stdout).toBe("be,down1,DOWN\n");
    await shell(`echo "set server be/up1 state drain" | socat stdio ${socket}`);
    const states = await shell(`echo "show servers state be" | socat stdio ${socket}`);
    expect(states.stdout).toMatch(/ up1 127\.0\.0\.1 2 8 10 10 /);
    const several = await shell(
      `printf 'prompt\\nget weight be/up1\\nquit\\n' | socat -t 5 stdio ${socket}`,
    );
    expect(several.stdout).toBe("\n> 10 (initial 10)\n\n> ");
  });
});

describe.skipIf(!has("prometheus-haproxy-exporter"))("prometheus-haproxy-exporter", () => {
  test("reads everything from the socket", async () => {
    const socket = await startBalancer();
    const [port] = await freePorts(1);
    const exporter = new RunningProcess({
      command: "prometheus-haproxy-exporter",
      args: [`--haproxy.scrape-uri=unix:${socket}`, `--web.listen-address=127.0.0.1:${port!}`],
    });
    endLater(async () => {
      await exporter.stop();
    });
    const text = await waitFor(async () => get(port!).catch(() => undefined));
    expect(text).toContain("\nhaproxy_up 1\n");
    expect(text).toContain("\nhaproxy_exporter_csv_parse_failures_total 0\n");
    expect(text).toContain('\nhaproxy_server_up{backend="be",server="up1"} 1\n');
    expect(text).toContain('\nhaproxy_server_up{backend="be",server="down1"} 0\n');
    expect(text).toMatch(
      /\nhaproxy_version_info\{release_date="[\d/]+",version="2\.6\.12-\S+"\} 1\n/,
    );
  });
});

async function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = http.get({ host: "127.0.0.1", port, path: "/metrics" }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part: string) => (text += part));
      answer.on("end", () => resolve(text));
    });
    sent.on("error", reject);
  });
}

describe.skipIf(!has("hatop") || !has("script"))("hatop", () => {
  test("shows proxies and runs a command", async () => {
    const socket = await startBalancer();
    const screen = path.join(tempDir(), "screen");
    const until = (text: string): string =>
      `until grep -q '${text}' ${screen} 2>/dev/null; do sleep 0.1; done`;
    // 5 opens its command line, escape leaves it.
    const keys = [
      until(">>> be"),
      "printf '5get weight be/up1\\r'",
      until("initial 10"),
      "printf '\\033'; while printf q; do sleep 0.2; done",
    ].join("; ");
    const run = await shell(
      `(${keys}) | TERM=xterm COLUMNS=140 LINES=40 timeout 20 script -qefc "stty rows 40 cols 140; hatop -s ${socket}" ${screen} >/dev/null; cat ${screen}`,
    );
    // eslint-disable-next-line no-control-regex -- A terminal's control sequences.
    const text = run.stdout.replaceAll(/\u001b[[(][0-9;?]*[A-Za-z]/g, " ");
    expect(text).toMatch(/Version: 2\.6\.12-tandem/);
    expect(text).toContain(">>> be");
    expect(text).toMatch(/down1[\s\d]+DOWN/);
    expect(text).toMatch(/maint1[\s\d]+MAINT/);
    expect(text).toMatch(/10 \(initial 10\)/);
  }, 40_000);
});
