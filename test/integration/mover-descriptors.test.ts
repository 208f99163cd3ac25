// A mover in a process of its own that may open few descriptors.
import { once } from "node:events";
import net from "node:net";
import { expect, test } from "vitest";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { endLater } from "../support/cleanup.ts";
import { compileProgram } from "../support/compiled.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";
import { waitFor } from "../support/wait-for.ts";

const KINDS = loadMoverAddon().addon === undefined ? ["node"] : ["node", "native"];

test.each(KINDS)("%s mover out of descriptors says so and recovers", async (kind) => {
  const { running, port } = await start("128", kind);
  const clients = Array.from({ length: 120 }, () => open(port));
  const outcomes = await Promise.all(clients.map(firstWord));
  const served = clients.filter((_, index) => outcomes[index] === "in");
  expect(served.length).toBe(64);
  expect(running.output()).toContain("accept-failed EMFILE");
  for (const client of served) client.end();
  await Promise.all(served.map(async (client) => client.destroyed || once(client, "close")));
  expect(await waitFor(async () => (await firstWord(open(port))) === "in")).toBe(true);
});

test.skipIf(!KINDS.includes("native"))(
  "native mover leaves clients in the queue while the system refuses descriptors",
  async () => {
    // It believes that it may open far more than it may.
    const { running, port } = await start("64", "native", "1000");
    const clients = Array.from({ length: 80 }, () => open(port));
    const words = clients.map(firstWord);
    await waitFor(() => running.output().includes("accept-failed EMFILE"));
    // Each one that is served makes room for another, until all have been.
    await Promise.all(
      words.map(async (word, index) => {
        expect(await word).toBe("in");
        clients[index]!.end();
      }),
    );
  },
);

/** Starts a mover that may open so many descriptors. */
async function start(
  descriptorsMax: string,
  ...args: readonly string[]
): Promise<{ running: RunningProcess; port: number }> {
  const program = compileProgram("test/integration/mover-in-process.ts");
  const command = `ulimit -n ${descriptorsMax}; exec "$0" "$@"`;
  const running = await startProcess({
    command: "sh",
    args: ["-c", command, process.execPath, program, ...args],
    ready: /port \d+/,
  });
  return { running, port: Number(/port (\d+)/.exec(running.output())![1]) };
}

function open(port: number): net.Socket {
  const client = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.on("error", () => undefined);
  endLater(() => void client.destroy());
  return client;
}

/** What a client is told first: bytes, or that it is refused. */
async function firstWord(client: net.Socket): Promise<string> {
  return new Promise((resolve) => {
    client.once("data", (bytes: Buffer) => resolve(bytes.toString()));
    client.once("close", () => resolve("refused"));
    client.once("end", () => client.end());
  });
}
