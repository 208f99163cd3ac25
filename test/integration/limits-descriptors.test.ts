// A balancer that may open few descriptors: it says so, refuses those who are too many, serves
// those it has, and recovers.
import { once } from "node:events";
import net from "node:net";
import { describe, expect, test } from "vitest";
import { freePort } from "../support/ports.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempFile } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  connect,
  exchange,
  listen,
  portOf,
  quiet,
  readBytes,
  startEchoServer,
} from "./bad-input-harness.ts";

const DESCRIPTORS = 200;

async function start(port: number, servers: string, global = ""): Promise<RunningProcess> {
  const file = tempFile(
    "haproxy.cfg",
    `
global
  ${global}
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen a
  bind 127.0.0.1:${port}
  ${servers}
`,
  );
  const command = `ulimit -n ${DESCRIPTORS}; exec bin/tandem balancer -f "$0"`;
  return startProcess({
    command: "sh",
    args: ["-c", command, file],
    cwd: REPOSITORY_DIR,
    ready: (child) => child.stderr().includes('"msg":"ready"'),
  });
}

describe("few descriptors", () => {
  test("with a `maxconn` beyond them: some are refused, the others served, all is well after", async () => {
    const echo = await startEchoServer();
    const port = await freePort();
    const running = await start(
      port,
      `server s1 127.0.0.1:${echo.port}`,
      "maxconn 1000\n  mover node",
    );
    expect(running.stderr()).toMatch(/'maxconn 1000' needs \d+ descriptors and 200 are allowed/);
    const keeper = await connect(port);
    const clients = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const socket = quiet(net.connect({ host: "127.0.0.1", port }));
        socket.write("hello");
        return { socket, isServed: (await readBytes(socket, 5)).length === 5 };
      }),
    );
    const served = clients.filter(({ isServed }) => isServed);
    expect(served.length).toBeGreaterThan(40);
    expect(served.length).toBeLessThan(DESCRIPTORS);
    // Told, and not once for each of those who were refused.
    await running.waitForOutput(/EMFILE/);
    expect(running.stderr().match(/EMFILE/g)!.length).toBeLessThan(20);
    for (const { socket } of served) expect(socket.closed).toBe(false);
    keeper.write("still here");
    expect((await readBytes(keeper, 10)).toString()).toBe("still here");
    for (const { socket } of clients) socket.destroy();
    await waitFor(() => exchange(port).then(Boolean, () => false));
    for (let round = 0; round < 100; round++) await exchange(port);
    expect(running.status()).toBeUndefined();
  });

  // The native mover leaves newcomers in the kernel's queue, whatever `maxconn` says; Node's sockets
  // that wait take descriptors: two for each of `maxconn`, one for each who waits.
  test.each([
    { global: "mover node\n  maxconn 40", count: 90 },
    { global: "mover auto", count: 120 },
    { global: "mover auto\n  maxconn 1000", count: 120 },
  ])(
    "newcomers wait until others leave, and none is refused: $global",
    async ({ global, count }) => {
      const greeter = await listen((socket) => {
        socket.write("hello");
        socket.resume().on("end", () => socket.end());
      });
      const port = await freePort();
      const running = await start(port, `server s1 127.0.0.1:${portOf(greeter)}`, global);
      let served = 0;
      const visits = Array.from({ length: count }, async () => {
        const socket = await connect(port);
        await once(socket, "data");
        // The first of them leave no earlier than all of `maxconn` are there.
        served++;
        await waitFor(() => served >= 40, { intervalMs: 20 });
        socket.end();
        await once(socket, "close");
      });
      await Promise.all(visits);
      expect(running.stderr()).not.toContain("EMFILE");
    },
  );
});
