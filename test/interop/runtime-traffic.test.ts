// What commands mean for clients: the same scenarios over HAProxy and Tandem.
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { runtimeCommand, startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { has } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

/** A program with three servers that say their names: two balanced ones, and one to be added. */
interface Scene {
  ask(line: string): Promise<string>;
  /** Connects; the client knows which server it has. */
  connect(which?: "plain" | "sticky"): Promise<Client>;
  /** Where the third server is. */
  readonly spare: string;
}

interface Client {
  readonly server: string;
  /** Whether the connection has ended. */
  isClosed(): boolean;
  echo(text: string): Promise<string>;
}

async function startServer(name: string): Promise<number> {
  const server = net.createServer((client) => {
    client.on("error", () => undefined);
    client.write(`${name}\n`);
    client.on("data", (bytes) => client.write(bytes));
  });
  endLater(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return (server.address() as net.AddressInfo).port;
}

async function startScene(program: "haproxy" | "tandem"): Promise<Scene> {
  const servers = await Promise.all(["s1", "s2", "s3"].map(startServer));
  const [plain, sticky] = await freePorts(2);
  const lines = [1, 2].map((n) => `  server s${n} 127.0.0.1:${servers[n - 1]!} weight 10\n`);
  const config = `
defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m
  retries 0
listen plain
  bind 127.0.0.1:${plain!}
  balance roundrobin
${lines.join("")}
listen sticky
  bind 127.0.0.1:${sticky!}
  stick-table type ip size 1k
  stick on src
${lines.join("")}
`;
  let ask: Scene["ask"];
  if (program === "haproxy") {
    const haproxy = await startHaproxy({ config });
    ask = (line) => haproxy.command(line);
  } else {
    const socket = path.join(tempDir(), "stats.sock");
    const global = `global\n  stats socket ${socket} level admin\n`;
    await startTandem({ config: global + config, readyTimeoutMs: 20_000 });
    ask = (line) => runtimeCommand(socket, line);
  }
  return {
    ask: async (line) => (await ask(line)).trimEnd(),
    connect: (which = "plain") => connect(which === "plain" ? plain! : sticky!),
    spare: `127.0.0.1:${servers[2]!}`,
  };
}

async function connect(port: number): Promise<Client> {
  const socket = net.connect({ host: "127.0.0.1", port });
  endLater(() => void socket.destroy());
  let text = "";
  let closed = false;
  socket.setEncoding("utf8");
  socket.on("data", (part: string) => (text += part));
  socket.on("error", () => undefined);
  socket.on("close", () => (closed = true));
  const what = (): string => `a server's name, got '${text}'`;
  await waitFor(() => closed || text.includes("\n"), { what });
  const server = text.trim();
  return {
    server: server === "" ? "none" : server,
    isClosed: () => closed,
    echo: async (word) => {
      text = "";
      socket.write(word);
      await waitFor(() => text === word, { what: `'${word}' to come back` });
      return text;
    },
  };
}

async function serversOf(scene: Scene, count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let n = 0; n < count; n += 1) {
    const { server } = await scene.connect();
    counts[server] = (counts[server] ?? 0) + 1;
  }
  return counts;
}

describe.skipIf(!has("haproxy")).each(["haproxy", "tandem"] as const)("with %s", (program) => {
  test("drain: no newcomers, but those that are there and those that stick", async () => {
    const scene = await startScene(program);
    const first = [await scene.connect(), await scene.connect()];
    const stuck = await scene.connect("sticky");
    for (const backend of ["plain", "sticky"]) {
      await scene.ask(`set server ${backend}/${stuck.server} state drain`);
    }
    const other = stuck.server === "s1" ? "s2" : "s1";
    expect(await serversOf(scene, 6)).toEqual({ [other]: 6 });
    expect((await scene.connect("sticky")).server).toBe(stuck.server);
    for (const client of [...first, stuck]) expect(await client.echo("still")).toBe("still");
    await scene.ask(`set server sticky/${stuck.server} state maint`);
    expect((await scene.connect("sticky")).server).toBe(other);
    expect(await stuck.echo("there")).toBe("there");
    await scene.ask(`set server plain/${stuck.server} state ready`);
    expect(Object.keys(await serversOf(scene, 4)).sort()).toEqual(["s1", "s2"]);
  });

  test("no server left: clients are closed; health forced down is as good as down", async () => {
    const scene = await startScene(program);
    await scene.ask("set server plain/s1 state maint");
    await scene.ask("set server plain/s2 health down");
    expect((await scene.connect()).server).toBe("none");
    await scene.ask("set server plain/s2 health up");
    expect((await scene.connect()).server).toBe("s2");
  });

  test("weights shift the load, also to nothing", async () => {
    const scene = await startScene(program);
    await scene.ask("set server plain/s1 weight 30");
    expect(await serversOf(scene, 16)).toEqual({ s1: 12, s2: 4 });
    await scene.ask("set server plain/s1 weight 0");
    expect(await serversOf(scene, 4)).toEqual({ s2: 4 });
  });

  test("another address is for newcomers", async () => {
    const scene = await startScene(program);
    await scene.ask("set server plain/s2 state maint");
    const old = await scene.connect();
    const [host, port] = scene.spare.split(":");
    await scene.ask(`set server plain/s1 addr ${host!} port ${port!}`);
    expect((await scene.connect()).server).toBe("s3");
    expect(await old.echo("kept")).toBe("kept");
  });

  test("sessions of a server are ended, others go on", async () => {
    const scene = await startScene(program);
    const clients = await Promise.all([1, 2, 3, 4].map(() => scene.connect()));
    await scene.ask("shutdown sessions server plain/s1");
    const [gone, kept] = ["s1", "s2"].map((name) => clients.filter((c) => c.server === name));
    await waitFor(() => gone!.every((client) => client.isClosed()));
    for (const client of kept!) expect(await client.echo("on")).toBe("on");
  });

  test("a server is added, works, and is removed once it is empty", async () => {
    const scene = await startScene(program);
    await scene.ask("set server plain/s1 state maint");
    await scene.ask("set server plain/s2 state maint");
    expect(await scene.ask(`add server plain/n1 ${scene.spare}`)).toBe("New server registered.");
    await scene.ask("enable server plain/n1");
    const client = await scene.connect();
    expect(client.server).toBe("s3");
    await scene.ask("set server plain/n1 state maint");
    expect(await scene.ask("del server plain/n1")).toBe(
      "Server still has connections attached to it, cannot remove it.",
    );
    await scene.ask("shutdown sessions server plain/n1");
    await waitFor(async () => (await scene.ask("del server plain/n1")) === "Server deleted.");
    expect(await scene.ask("get weight plain/n1")).toBe("No such server.");
  });
});
