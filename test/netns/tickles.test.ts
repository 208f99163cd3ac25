// What a tickle does to a real system: a client that says nothing notices within milliseconds that its
// connection is gone. No balancer and no agent take part.
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { connectionKey } from "../../src/base/connection-key.ts";
import { compileProgram } from "../support/compiled.ts";
import { createLan, type Host, noNamespaces } from "../support/netns.ts";
import type { RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { waitFor } from "../support/wait-for.ts";

const DEVICES = path.join(REPOSITORY_DIR, "test", "netns", "programs", "devices.mjs");
const PORT = 1883;
const COUNT = 200;

/** An address that moves, and the client's own. */
const FAMILIES = [
  { family: 4, vip: "10.98.0.100", length: 24, client: "10.98.0.3" },
  { family: 6, vip: "2001:db8:98::100", length: 64, client: "2001:db8:98::3" },
] as const;

interface Line {
  readonly port: number;
  readonly endedMs?: number;
  readonly reason?: string;
  readonly sentMs?: number;
}

let program = "";
beforeAll(() => {
  if (noNamespaces === undefined) program = compileProgram("test/netns/programs/tickle.ts");
});

function linesOf(text: string): Line[] {
  const lines = text.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  return lines.map((line) => JSON.parse(line) as Line);
}

function run(host: Host, ...args: readonly string[]): Promise<RunningProcess> {
  return host.start({ command: process.execPath, args: [DEVICES, ...args], ready: /^ready$/m });
}

describe.skipIf(noNamespaces !== undefined)(`tickles on a wire ${noNamespaces ?? ""}`, () => {
  test.each(FAMILIES)(
    `reset ${COUNT} silent connections of a dead node, IPv$family`,
    { timeout: 30_000 },
    async ({ family, vip, length, client: address }) => {
      const lan = await createLan(["a", "b", "client"]);
      const [a, b, client] = [lan.host("a"), lan.host("b"), lan.host("client")];
      if (family === 6)
        await client.mustRun("ip", "address", "add", `${address}/64`, "dev", "eth0");
      await a.mustRun("ip", "address", "add", `${vip}/${length}`, "dev", "eth0");
      await run(a, "serve", String(PORT));
      await run(b, "serve", String(PORT));
      const silent = await run(client, "silent", vip, String(PORT), String(COUNT));
      const ports = linesOf(silent.stdout()).map(({ port }) => port);
      expect(ports).toHaveLength(COUNT);
      await lan.setCable("a", false);
      await b.mustRun("ip", "address", "add", `${vip}/${length}`, "dev", "eth0");
      await client.mustRun("ip", "neigh", "flush", "dev", "eth0");
      const local = { kind: "ip", family, host: vip, port: PORT } as const;
      const keys = ports.map((port) =>
        connectionKey({ kind: "ip", family, host: address, port }, local)!,
      );
      // One connection is left out: it must not end.
      const tickled = Buffer.concat(keys.slice(1)).toString("base64");
      const sent = await b.run(process.execPath, program, tickled);
      const [{ sentMs, ...problem }] = linesOf(sent.stdout) as [Line];
      expect(problem).toEqual({});
      const ended = await waitFor(() => {
        const found = linesOf(silent.stdout()).filter(({ endedMs }) => endedMs !== undefined);
        return found.length === COUNT - 1 ? found : undefined;
      });
      expect(new Set(ended.map(({ reason }) => reason))).toEqual(new Set(["ECONNRESET"]));
      expect(ended.some(({ port }) => port === ports[0])).toBe(false);
      const tookMs = Math.max(...ended.map(({ endedMs }) => endedMs!)) - sentMs!;
      console.log(`IPv${family}: all reset ${Math.round(tookMs)} ms after the last tickle`);
      expect(tookMs).toBeLessThan(1_000);
    },
  );

  test("do nothing to a connection that lives", { timeout: 30_000 }, async () => {
    const lan = await createLan(["a", "client"]);
    const [a, client] = [lan.host("a"), lan.host("client")];
    await run(a, "serve", String(PORT));
    const silent = await run(client, "silent", a.ipv4, String(PORT), "10");
    const ends = linesOf(silent.stdout()).map(({ port }) =>
      connectionKey(
        { kind: "ip", family: 4, host: client.ipv4, port },
        { kind: "ip", family: 4, host: a.ipv4, port: PORT },
      ),
    );
    const keys = Buffer.concat(ends.map((key) => key!)).toString("base64");
    await a.mustRun(process.execPath, program, keys);
    await a.mustRun(process.execPath, program, keys);
    // A round trip behind the tickles: by then a reset would have come.
    await client.mustRun("ping", "-c", "2", "-i", "0.2", a.ipv4);
    expect(linesOf(silent.stdout()).filter(({ endedMs }) => endedMs !== undefined)).toEqual([]);
  });
});
