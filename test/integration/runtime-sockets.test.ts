// The sockets of the runtime API: who may reach them, who takes them over, and what slow clients cost.
import { existsSync, statSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { runtimeCommand } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { startProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

/** Entries of the table that is shown while clients are served. */
const ENTRY_COUNT = 200_000;

function config(port: number, ...global: readonly string[]): string {
  return `
global
${global.map((line) => `  ${line}\n`).join("")}
defaults
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend fe
  bind 127.0.0.1:${port}
  default_backend be
backend be
  stick-table type string len 32 size 1m expire 30m store conn_cnt,server_id
  server b1 127.0.0.1:1
`;
}

/** A client of the API that stays. */
async function connect(socketPath: string): Promise<net.Socket> {
  const socket = net.connect(socketPath);
  endLater(() => void socket.destroy());
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

/** Creates entries by commands, many in one write. */
async function fill(socketPath: string, count: number): Promise<void> {
  const socket = await connect(socketPath);
  socket.resume();
  const batch = 500;
  for (let at = 0; at < count; at += batch) {
    const keys = Array.from({ length: batch }, (_, i) => `set table be key device-${at + i}`);
    const text = `${keys.join("\n")}\n`;
    await new Promise((resolve) => socket.write(at === 0 ? `prompt\n${text}` : text, resolve));
  }
  socket.end("quit\n");
  await new Promise((resolve) => socket.once("close", resolve));
}

describe("stats sockets", () => {
  test("have their mode, their level, and go with the process", async () => {
    const dir = tempDir();
    const [admin, user] = [path.join(dir, "admin.sock"), path.join(dir, "user.sock")];
    const [port, tcp] = await freePorts(2);
    const tandem = await startTandem({
      config: config(
        port!,
        `stats socket ${admin} level admin mode 600`,
        `stats socket ${user} level user mode 666`,
        `stats socket 127.0.0.1:${tcp!}`,
      ),
    });
    expect(statSync(admin).mode & 0o777).toBe(0o600);
    expect(statSync(user).mode & 0o777).toBe(0o666);
    expect(await runtimeCommand(user, "show cli sockets")).toBe(
      `# socket lvl processes\nunix@${admin} admin all\nunix@${user} user all\nipv4@127.0.0.1:${tcp!} operator all\n\n`,
    );
    expect(await runtimeCommand(user, "show sess")).toBe("Permission denied\n\n");
    expect(await runtimeCommand(admin, "show cli level")).toBe("admin\n\n");
    const client = net.connect(tcp!, "127.0.0.1");
    let level = "";
    client.on("data", (bytes) => (level += bytes.toString()));
    client.end("show cli level\n");
    await new Promise((resolve) => client.once("close", resolve));
    expect(level).toBe("operator\n\n");
    await tandem.stop();
    expect([existsSync(admin), existsSync(user)]).toEqual([false, false]);
  });

  test("come and go with a reload, and one that cannot be opened refuses it", async () => {
    const dir = tempDir();
    const [one, two] = [path.join(dir, "one.sock"), path.join(dir, "two.sock")];
    const [port] = await freePorts(1);
    const tandem = await startTandem({ config: config(port!, `stats socket ${one} level user`) });
    tandem.rewrite(config(port!, `stats socket ${path.join(dir, "none", "x.sock")}`));
    const refused = await tandem.reload();
    expect(refused.code).not.toBe(0);
    expect(refused.stderr + refused.stdout).toMatch(/Starting frontend GLOBAL: cannot bind/);
    expect(await runtimeCommand(one, "show cli level")).toBe("user\n\n");
    tandem.rewrite(config(port!, `stats socket ${one} level admin`, `stats socket ${two}`));
    expect((await tandem.reload()).code).toBe(0);
    expect(await runtimeCommand(one, "show cli level")).toBe("admin\n\n");
    expect(await runtimeCommand(two, "show cli level")).toBe("operator\n\n");
    tandem.rewrite(config(port!, `stats socket ${two}`));
    expect((await tandem.reload()).code).toBe(0);
    expect([existsSync(one), existsSync(two)]).toEqual([false, true]);
  });

  test("a new process takes the path over, and the old one leaves it alone", async () => {
    const socket = path.join(tempDir(), "stats.sock");
    const [port] = await freePorts(1);
    const old = await startTandem({ config: config(port!, `stats socket ${socket}`) });
    const next = await startProcess({
      command: path.join(REPOSITORY_DIR, "bin", "haproxy"),
      args: ["-db", "-f", old.configFile, "-sf", String(old.pid)],
      ready: async (child) =>
        (await runtimeCommand(socket, "show info").catch(() => "")).includes(
          `\nPid: ${child.pid}\n`,
        ),
    });
    await old.process.exited;
    expect(await runtimeCommand(socket, "show info")).toContain(`\nPid: ${next.pid}\n`);
  });

  test("clients beyond 'stats maxconn' wait, and silent ones make room", async () => {
    const socket = path.join(tempDir(), "stats.sock");
    const [port] = await freePorts(1);
    await startTandem({
      config: config(port!, `stats socket ${socket}`, "stats maxconn 2", "stats timeout 400ms"),
    });
    const silent = [await connect(socket), await connect(socket)];
    const ends = silent.map(
      (each) => new Promise((resolve) => each.resume().once("close", resolve)),
    );
    const startedMs = performance.now();
    expect(await runtimeCommand(socket, "show cli level")).toBe("operator\n\n");
    expect(performance.now() - startedMs).toBeGreaterThan(200);
    await Promise.all(ends);
  });
});

test("a large table is shown while others are served, and a client that does not read costs little", async () => {
  const socket = path.join(tempDir(), "stats.sock");
  const [port] = await freePorts(1);
  const tandem = await startTandem({
    config: config(port!, `stats socket ${socket} level admin`, "stats timeout 3s"),
  });
  await fill(socket, ENTRY_COUNT);
  const lazy = await connect(socket);
  lazy.pause();
  lazy.write("show table be\n");
  const before = await residentBytes(socket);
  const dump = runtimeCommand(socket, "show table be");
  // Meanwhile others ask.
  const delays: number[] = [];
  const progress = { isOver: false };
  void dump.finally(() => (progress.isOver = true));
  while (!progress.isOver) {
    const startedMs = performance.now();
    await runtimeCommand(socket, "show cli level");
    delays.push(performance.now() - startedMs);
  }
  const lines = (await dump).split("\n");
  expect(lines[0]).toBe(`# table: be, type: string, size:1048576, used:${ENTRY_COUNT}`);
  expect(lines.filter((line) => line.includes("key=device-"))).toHaveLength(ENTRY_COUNT);
  expect(delays.length).toBeGreaterThan(10);
  const median = delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)]!;
  expect(median).toBeLessThan(50);
  // The client that has not read a byte is given up after `stats timeout`.
  await waitFor(async () => (await clientsNow(socket)) === 1, { timeoutMs: 10_000 });
  expect((await residentBytes(socket)) - before).toBeLessThan(150 * 1024 * 1024);
  await tandem.stop();
}, 60_000);

async function residentBytes(socket: string): Promise<number> {
  return Number(/PoolAlloc_bytes: (\d+)/.exec(await runtimeCommand(socket, "show info"))![1]);
}

/** Clients of the API, the one that asks included. */
async function clientsNow(socket: string): Promise<number> {
  const text = await runtimeCommand(socket, "show info");
  const number = (name: string): number =>
    Number(new RegExp(`^${name}: (\\d+)`, "m").exec(text)![1]);
  return number("Jobs") - number("Listeners") - number("CurrConns");
}
