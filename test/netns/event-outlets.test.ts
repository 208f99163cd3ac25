// A node's events at its webhook and its script: each once, over a killed agent and a killed balancer,
// up to the end of the node.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { NodeEvent } from "../../src/base/event.ts";
import { endLater } from "../support/cleanup.ts";
import { noNamespaces } from "../support/netns.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { startSolo } from "./solo-node.ts";

/** A web server behind a TCP port of the namespace, which a program there passes on to a unix socket. */
async function serveHook(socket: string): Promise<NodeEvent[]> {
  const got: NodeEvent[] = [];
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (part: Buffer) => (text += part.toString()));
    request.on("end", () => {
      got.push(...(JSON.parse(text) as { events: NodeEvent[] }).events);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  endLater(() => {
    server.closeAllConnections();
    server.close();
  });
  return got;
}

describe.skipIf(noNamespaces !== undefined)(`event outlets ${noNamespaces ?? ""}`, () => {
  test("webhook and script get what the log has, each event once", async () => {
    const dir = tempDir();
    const script = path.join(dir, "told");
    const out = path.join(dir, "out");
    writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$EVENT_JSON" >> ${out}\n`);
    chmodSync(script, 0o755);
    const hook = path.join(dir, "hook.sock");
    const got = await serveHook(hook);
    const { node, host } = await startSolo({
      global:
        "#tandem event-webhook http://127.0.0.1:8099/hook\n" +
        `  #tandem event-script ${script} root`,
    });
    // Refused until now: nothing is lost by that.
    await host.start({
      command: process.execPath,
      args: [
        "-e",
        `require("net").createServer((c) => { const u = require("net").connect("${hook}"); c.pipe(u).pipe(c);` +
          `c.on("error", () => {}); u.on("error", () => {}); }).listen(8099, () => console.log("ready"))`,
      ],
      ready: /ready/,
    });
    const scripted = (): NodeEvent[] =>
      existsSync(out)
        ? readFileSync(out, "utf8")
            .split("\n")
            .filter((line) => line.endsWith("}"))
            .map((line) => JSON.parse(line) as NodeEvent)
        : [];
    const both = (kind: string, count: number): Promise<unknown> =>
      waitFor(
        () =>
          [got, scripted()].every(
            (events) => events.filter((event) => event.kind === kind).length >= count,
          ),
        { timeoutMs: 60_000, what: () => `${count} of ${kind}: ${JSON.stringify(got)}` },
      );
    await both("vip.set", 1);
    process.kill(await node.childPid("agent"), "SIGKILL");
    await both("vip.taken-back", 1);
    await both("vip.set", 2);
    process.kill(await node.childPid("balancer"), "SIGKILL");
    await both("balancer.ready", 2);
    await node.process.stop();
    const logged = [...node.process.output().matchAll(/^\{.*"event":".*\}$/gm)].map(
      ([line]) => JSON.parse(line) as { event: string; seq: number; subject: string },
    );
    const nameOf = (kind: string, seq: number, subject: string): string =>
      `${kind} ${seq} ${subject}`;
    const expected = logged.map(({ event, seq, subject }) => nameOf(event, seq, subject)).sort();
    for (const [outlet, events] of [
      ["webhook", got],
      ["script", scripted()],
    ] as const) {
      const told = events.map(({ kind, seq, subject }) => nameOf(kind, seq, subject)).sort();
      const isOwn = (name: string): boolean =>
        name.startsWith("delivery.") && name.endsWith(` ${outlet}`);
      expect(told, outlet).toEqual(expected.filter((name) => !isOwn(name)));
    }
    expect(expected.some((name) => name.startsWith("process.ended"))).toBe(true);
  }, 120_000);
});
