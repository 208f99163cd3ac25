// The commands that change things, beside HAProxy: the same configuration, the same lines, the same
// answers.
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { runtimeCommand, startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { has } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { DIFFERENT_LINES, SAME_LINES } from "./runtime-changes-lines.ts";

function configOf(ports: readonly number[], livePort: number): string {
  return `
defaults
  mode tcp
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend fe
  bind 127.0.0.1:${ports[0]!}
  maxconn 100
  default_backend be
frontend fe2
  bind 127.0.0.1:${ports[1]!}
  default_backend be
backend be
  balance roundrobin
  stick-table type string len 32 size 100k expire 30m store conn_cnt,conn_rate(10s),gpc0
  stick on src
  server b1 127.0.0.1:28901 weight 10
  server b2 127.0.0.1:${livePort} check inter 10m rise 1 fall 9
  server b3 127.0.0.1:28903 backup
  server b4 127.0.0.1:28904 check inter 10m agent-check agent-port 28999 agent-inter 10m maxconn 5
  server b5 127.0.0.1:28905 track b2
  server b6 127.0.0.1:28906 disabled
backend st
  balance static-rr
  server s1 127.0.0.1:28901 weight 10
  server s2 127.0.0.1:28902 weight 20
backend tip
  stick-table type ip size 1k expire 1m store server_id,gpt0,bytes_in_cnt,http_req_rate(5s)
backend tint
  stick-table type integer size 1k expire 1m store gpc(2),gpc_rate(2,10s)
backend tbin
  stick-table type binary len 4 size 1k expire 1m store gpc0
`;
}

/** Columns of `show servers state` that depend on time or on what checks have found meanwhile. */
const VOLATILE_COLUMNS = [
  "srv_time_since_last_change",
  "srv_check_status",
  "srv_check_result",
  "srv_check_health",
  // Only guessed by Tandem, whose model does not tell given identifiers from counted ones.
  "srv_f_forced_id",
];

/** Without pointers, ages and the order of tables; blank lines at the end do not count. */
function normalise(line: string, answer: string): string {
  const lines = answer.trimEnd().split("\n");
  if (line.startsWith("show table")) {
    const entries = lines.slice(1).map((entry) => entry.replace(/^0x[0-9a-f]+: |exp=\d+ /g, ""));
    return [lines[0]!, ...entries.sort()].join("\n");
  }
  if (!line.startsWith("show servers state") || lines.length < 2) return lines.join("\n");
  const names = lines[1]!.slice(2).split(" ");
  const rows = lines.slice(2).map((row) => {
    const cells = row.split(" ");
    for (const column of VOLATILE_COLUMNS) cells[names.indexOf(column)] = "*";
    return cells.map((cell, index) => `${names[index]!}=${cell}`).join(" ");
  });
  return [...lines.slice(0, 2), ...rows].join("\n");
}

describe.skipIf(!has("haproxy"))("commands that change things", () => {
  test("are answered as HAProxy answers them", { timeout: 120_000 }, async () => {
    const ports = await freePorts(4);
    const live = net.createServer((client) => client.on("error", () => undefined).destroy());
    endLater(() => void live.close());
    await new Promise<void>((resolve) => live.listen(0, () => resolve()));
    const { port: livePort } = live.address() as net.AddressInfo;
    const haproxy = await startHaproxy({ config: configOf(ports.slice(0, 2), livePort) });
    const socket = path.join(tempDir(), "stats.sock");
    const global = `global\n  stats socket ${socket} level admin\n`;
    await startTandem({
      config: global + configOf(ports.slice(2), livePort),
      readyTimeoutMs: 20_000,
    });
    const answers: string[] = [];
    const expected: string[] = [];
    for (const line of SAME_LINES.map((text) => text.replace("@live", String(livePort)))) {
      const theirs = await haproxy.command(line);
      const ours = await runtimeCommand(socket, line);
      expected.push(`${line}\n${normalise(line, theirs)}`);
      answers.push(`${line}\n${normalise(line, ours)}`);
    }
    expect(answers).toEqual(expected);
    for (const [line, answer] of DIFFERENT_LINES) {
      const ours = (await runtimeCommand(socket, line)).trimEnd();
      expect(ours, line).toMatch(answer);
      expect((await haproxy.command(line)).trimEnd(), line).not.toBe(ours);
    }
  });
});
