// Files of server states: what one program prints, the other starts with.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { runtimeCommand, startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { has } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";

type Ask = (line: string) => Promise<string>;

const COMMANDS = [
  "set server be/b1 state drain",
  "set server be/b1 weight 5",
  "set server be/b2 health down",
  "set server be/b2 check-addr 127.0.0.2",
  "set server be/b3 state maint",
  "set server be/b4 addr 127.0.0.1 port 28909",
];

/** Columns that a start carries over. */
const KEPT = [
  ...["be_name", "srv_name", "srv_addr", "srv_op_state", "srv_admin_state", "srv_uweight"],
  ...["srv_iweight", "srv_port", "srv_check_addr"],
];

async function start(program: "haproxy" | "tandem", stateFile: string): Promise<Ask> {
  const [port] = await freePorts(1);
  const socket = path.join(tempDir(), "stats.sock");
  const own = program === "tandem" ? `  stats socket ${socket} level admin\n` : "";
  const config = `
global
  server-state-file ${stateFile}
${own}
defaults
  mode tcp
  load-server-state-from-file global
  timeout connect 1s
  timeout client 1s
  timeout server 1s
listen be
  bind 127.0.0.1:${port!}
  server b1 127.0.0.1:28901 weight 10
  server b2 127.0.0.1:28902 check inter 10m
  server b3 127.0.0.1:28903
  server b4 127.0.0.1:28904
  server b5 127.0.0.1:28905 disabled
`;
  if (program === "haproxy") {
    const haproxy = await startHaproxy({ config });
    return (line) => haproxy.command(line);
  }
  await startTandem({ config, readyTimeoutMs: 20_000 });
  return (line) => runtimeCommand(socket, line);
}

async function kept(ask: Ask): Promise<string[]> {
  const [, header, ...rows] = (await ask("show servers state be")).trimEnd().split("\n");
  const names = header!.slice(2).split(" ");
  return rows.map((row) => {
    const cells = row.split(" ");
    return KEPT.map((name) => cells[names.indexOf(name)]!).join(" ");
  });
}

describe.skipIf(!has("haproxy"))("a file of server states", () => {
  test.each([
    ["haproxy", "haproxy"],
    ["haproxy", "tandem"],
    ["tandem", "haproxy"],
    ["tandem", "tandem"],
  ] as const)("printed by %s is taken by %s", async (writer, reader) => {
    const file = path.join(tempDir(), "state");
    const first = await start(writer, file);
    for (const line of COMMANDS) await first(line);
    writeFileSync(file, await first("show servers state"));
    const second = await start(reader, file);
    expect(await kept(second)).toEqual([
      "be b1 127.0.0.1 2 8 5 10 28901 -",
      "be b2 127.0.0.1 0 0 1 1 28902 127.0.0.2",
      "be b3 127.0.0.1 0 1 1 1 28903 -",
      "be b4 127.0.0.1 2 0 1 1 28909 -",
      "be b5 127.0.0.1 0 5 1 1 28905 -",
    ]);
  });
});
