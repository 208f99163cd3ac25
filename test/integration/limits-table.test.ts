// A stick table that is full: everybody is served, who is in the table keeps his server, and the
// balancer says that the table is too small.
import { once } from "node:events";
import type net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startHaproxy } from "../support/haproxy.ts";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { connect, listen, portOf } from "./bad-input-harness.ts";

const SIZE = 4;

/** A table of four places before two servers that greet with their names. */
async function config(port: number, flags = ""): Promise<string> {
  const servers: string[] = [];
  for (const name of ["s1", "s2"]) {
    const server = await listen((socket) => {
      socket.write(name);
      socket.resume().on("end", () => socket.end());
    });
    servers.push(`  server ${name} 127.0.0.1:${portOf(server)}\n`);
  }
  return `
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen sticky
  bind 127.0.0.1:${port}
  balance roundrobin
  stick-table type ip size ${SIZE} expire 1h ${flags}
  stick on src
${servers.join("")}`;
}

/** A client from one of many addresses: its connection, and who serves it. */
async function enter(port: number, host: number): Promise<{ socket: net.Socket; server: string }> {
  const socket = await connect(port, `127.0.1.${host}`);
  const [greeting] = (await once(socket, "data")) as [Buffer];
  return { socket, server: greeting.toString() };
}

async function leave(socket: net.Socket): Promise<void> {
  socket.resume().end();
  if (!socket.closed) await once(socket, "close");
}

/** Comes, is served and leaves, as often as asked; who served each time. */
async function visit(port: number, host: number, count = 1): Promise<string> {
  const servers: string[] = [];
  for (let index = 0; index < count; index++) {
    const { socket, server } = await enter(port, host);
    servers.push(server);
    await leave(socket);
  }
  return servers.join(" ");
}

async function complaint(tandem: Tandem, text: RegExp): Promise<void> {
  await tandem.process.waitForOutput(new RegExp(`Stick table 'sticky' is full.*${text.source}`));
}

describe("a full table", () => {
  test("makes room for new clients by forgetting the oldest", async () => {
    const port = await freePort();
    const tandem = await startTandem({ config: await config(port) });
    for (let host = 1; host <= SIZE; host++) await visit(port, host);
    for (let host = 11; host <= 16; host++) {
      const first = await visit(port, host);
      expect(await visit(port, host, 3)).toBe([first, first, first].join(" "));
    }
    await complaint(tandem, /6 entries made room before they expired/);
  });

  test("with `nopurge` serves new clients without remembering them", async () => {
    const port = await freePort();
    const tandem = await startTandem({ config: await config(port, "nopurge") });
    const first = await visit(port, 1);
    for (let host = 2; host <= SIZE; host++) await visit(port, host);
    const turns = await visit(port, 11, 4);
    expect(["s1 s2 s1 s2", "s2 s1 s2 s1"]).toContain(turns);
    expect(await visit(port, 1, 3)).toBe([first, first, first].join(" "));
    await complaint(tandem, /\d new keys were not stored/);
  });

  test("never forgets a client that is there", async () => {
    const port = await freePort();
    const tandem = await startTandem({ config: await config(port) });
    const present = [];
    for (let host = 1; host <= SIZE; host++) present.push(await enter(port, host));
    // Others come and go; each is served, none is remembered.
    for (let host = 11; host <= 16; host++) await visit(port, host);
    expect(["s1 s2 s1 s2", "s2 s1 s2 s1"]).toContain(await visit(port, 17, 4));
    for (const [index, { server }] of present.entries()) {
      expect(await visit(port, index + 1, 2)).toBe(`${server} ${server}`);
    }
    await leave(present[0]!.socket);
    const late = await visit(port, 20);
    expect(await visit(port, 20, 3)).toBe([late, late, late].join(" "));
    await complaint(tandem, /new keys were not stored/);
  });

  test("does not hold up or break off a crowd", async () => {
    const port = await freePort();
    await startTandem({ config: await config(port) });
    const hosts = Array.from({ length: 200 }, (_, index) => index + 1);
    const crowd = await Promise.all(hosts.map((host) => enter(port, host)));
    expect(crowd.filter(({ socket }) => socket.destroyed)).toEqual([]);
    await Promise.all(crowd.map(({ socket }) => leave(socket)));
  });

  test.skipIf(!has("haproxy")).each(["", "nopurge"])(
    `'%s' sends clients where HAProxy sends them${skipNote("haproxy")}`,
    async (flags) => {
      const theirs = await freePort();
      const ours = await freePort();
      // HAProxy knows no pins; whose entry is the oldest then depends on when clients come alone.
      const unpinned = `${flags}\n  #tandem no option pin-stick-entries`;
      await startHaproxy({ config: await config(theirs, unpinned) });
      await startTandem({ config: await config(ours, unpinned) });
      const path = [1, 2, 3, 4, 5, 5, 5, 1, 2, 6, 6, 3, 4, 7, 7, 7, 1, 1, 6, 5, 5, 2, 2];
      const served = async (port: number): Promise<string[]> => {
        const servers: string[] = [];
        for (const host of path) {
          servers.push(await visit(port, host));
          // Entries of one millisecond have no order.
          await sleep(3);
        }
        return servers;
      };
      expect(await served(ours)).toEqual(await served(theirs));
    },
  );
});
