// The process that sends events away, against web servers and scripts that are well and that are not.
// It reads the control sockets of processes that this test plays.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { EventSenderKeeper, type SenderLine } from "../../ha/io/event-sender-keeper.ts";
import type { EventDraft, EventSource, NodeEvent } from "../../src/base/event.ts";
import { startControlServer } from "../../src/base/io/control-server.ts";
import { EventFeed } from "../../src/base/io/event-feed.ts";
import { globalConfiguration, tandemSettings } from "../support/agent-configuration.ts";
import { makeAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const BOUNDS = { clientsMax: 16, commandBytesMax: 256, commandMs: 5_000, readMs: 5_000 };
const SECRET = "s3cret-path";

function draft(text: string, kind = "server.down"): EventDraft {
  return { kind, severity: "warning", subject: "b/s1", text, cause: "refused", durationMs: 7 };
}

/** A process that has events. */
async function play(source: EventSource, socket: string, run = "1") {
  const feed = new EventFeed(source, undefined, run);
  const answer = (request: Readonly<Record<string, unknown>>) => feed.answer(request);
  const server = await startControlServer(socket, source, new Map([["events", answer]]), BOUNDS);
  endLater(() => server.close());
  return { feed, end: () => server.close() };
}

interface Hook {
  readonly url: string;
  readonly got: NodeEvent[];
  readonly dropped: number[];
  mode: "ok" | "hang" | 500;
}

/** A web server; with a certificate it speaks TLS. */
async function serveHook(tls?: { readonly cert: string; readonly key: string }): Promise<Hook> {
  const hook: { mode: Hook["mode"]; got: NodeEvent[]; dropped: number[] } = {
    mode: "ok",
    got: [],
    dropped: [],
  };
  const listener: http.RequestListener = (request, response) => {
    let text = "";
    request.on("data", (part: Buffer) => (text += part.toString()));
    request.on("end", () => {
      if (hook.mode === "hang") return;
      if (hook.mode === "ok") {
        const body = JSON.parse(text) as { events: NodeEvent[]; droppedCount: number };
        hook.got.push(...body.events);
        hook.dropped.push(body.droppedCount);
      }
      response.writeHead(hook.mode === "ok" ? 204 : 500).end();
    });
  };
  const server =
    tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endLater(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const host = tls === undefined ? "127.0.0.1" : "localhost";
  const url = `http${tls === undefined ? "" : "s"}://${host}:${port}/${SECRET}`;
  return Object.assign(hook, { url });
}

interface Outlets {
  readonly url?: string;
  readonly caFile?: string;
  readonly script?: string;
  readonly kinds?: readonly string[];
}

function configurationOf({ url, caFile, script, kinds = [] }: Outlets) {
  const position = { file: "k", line: 1 };
  return {
    global: globalConfiguration(),
    tandem: tandemSettings({
      events: {
        webhook: url === undefined ? undefined : { url, caFile },
        script:
          script === undefined
            ? undefined
            : { words: [script], position, user: undefined, group: undefined },
        kinds,
      },
    }),
  };
}

/** A keeper with its sender, and two processes of which it tells. */
async function start(outlets: Outlets) {
  const dir = tempDir();
  const sockets = { guard: path.join(dir, "g.sock"), agent: path.join(dir, "a.sock") };
  const said: SenderLine[] = [];
  const program = path.join(REPOSITORY_DIR, "bin", "event-sender.js");
  const pidFile = path.join(dir, "pid");
  const keeper = new EventSenderKeeper({
    sockets,
    command: (certificates) => ({
      command: "/bin/sh",
      args: ["-c", `echo $$ > ${pidFile}; exec ${process.execPath} ${program}`],
      env: certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates },
    }),
  });
  endLater(() => keeper.close());
  const guard = await play("guard", sockets.guard);
  const agent = await play("agent", sockets.agent);
  keeper.apply(configurationOf(outlets));
  keeper.start((line) => {
    said.push(line);
    if (line.event !== undefined)
      guard.feed.add({ severity: "info", ...line.event, text: line.text });
  });
  return {
    ...{ keeper, guard, agent, sockets, said },
    senderPid: () => Number(readFileSync(pidFile, "utf8")),
  };
}

const textsOf = (events: readonly NodeEvent[]): string[] => events.map(({ text }) => text);
const saidTexts = (said: readonly SenderLine[]): string[] => said.map(({ text }) => text);

describe("the webhook", () => {
  test("gets each event once, over a killed sender, a process that restarts, and new settings", async () => {
    const hook = await serveHook();
    const { keeper, guard, agent, sockets, said, senderPid } = await start({ url: hook.url });
    guard.feed.add(draft("g1"));
    agent.feed.add(draft("a1"));
    await waitFor(() => hook.got.length === 2);
    // The command line of a process is anybody's to read.
    expect(readFileSync(`/proc/${senderPid()}/cmdline`, "latin1")).not.toContain(SECRET);
    agent.feed.add(draft("a2"));
    await agent.feed.handedOver(30_000);
    await agent.end();
    const next = await play("agent", sockets.agent, "2");
    next.feed.add(draft("a3"));
    await waitFor(() => hook.got.length === 4);

    process.kill(senderPid(), "SIGKILL");
    await waitFor(() => said.length === 1);
    expect(said[0]!.text).toMatch(/their sender ended \(SIGKILL\), next try in 1 s/);
    next.feed.add(draft("a4"));
    await waitFor(() => hook.got.length >= 5, { timeoutMs: 20_000 });

    next.feed.add(draft("a5"));
    const former = senderPid();
    keeper.apply(configurationOf({ url: hook.url, kinds: ["vip"] }));
    await waitFor(() => senderPid() !== former, { timeoutMs: 20_000 });
    next.feed.add(draft("not wanted"));
    next.feed.add(draft("a6", "vip.set"));
    await waitFor(() => textsOf(hook.got).includes("a6"), { timeoutMs: 20_000 });
    await keeper.close();
    // What was under way when the sender was killed comes again.
    const texts = textsOf(hook.got).filter(
      (text, at, all) => text !== "a3" || at === all.indexOf("a3"),
    );
    expect(texts.sort()).toEqual(["a1", "a2", "a3", "a4", "a5", "a6", "g1"]);
    expect(hook.got.find(({ text }) => text === "a1")).toMatchObject({
      ...draft("a1"),
      source: "agent",
    });
  }, 60_000);

  test("that answers 500 is told later, and all hear of it once", async () => {
    const hook = await serveHook();
    hook.mode = 500;
    const { agent, said } = await start({ url: hook.url });
    agent.feed.add(draft("a1"));
    await waitFor(() => said.length === 1, { timeoutMs: 20_000 });
    expect(said[0]).toMatchObject({
      level: "warning",
      text: "Events cannot be given to the webhook: the server answers 500",
      event: { kind: "delivery.failing", subject: "webhook" },
    });
    hook.mode = "ok";
    await waitFor(() => said.length === 2, { timeoutMs: 20_000 });
    expect(said[1]).toMatchObject({ level: "info", event: { kind: "delivery.ok" } });
    // It is not told of itself.
    expect(textsOf(hook.got)).toEqual(["a1"]);
    expect(JSON.stringify(said)).not.toContain(SECRET);
  }, 60_000);

  test("that hangs does not hold up a script, and the end of the node for 5 s at most", async () => {
    const hook = await serveHook();
    hook.mode = "hang";
    const { script, lines } = makeScript('echo "$1" >> "$OUT"');
    const { agent, keeper } = await start({ url: hook.url, script });
    agent.feed.add(draft("a1"));
    await waitFor(() => lines().length === 1, { timeoutMs: 20_000 });
    agent.feed.add(draft("a2"));
    const beganMs = Date.now();
    await keeper.close();
    expect(Date.now() - beganMs).toBeLessThan(15_000);
    // What it read at the end was given away still.
    expect(lines()).toHaveLength(2);
  }, 60_000);

  test("of a certificate that nobody vouches for gets nothing; with ca-file it does", async () => {
    const authority = makeAuthority();
    const { cert, key } = authority.issue(["localhost"]);
    const hook = await serveHook({ cert, key });
    const stranger = await start({ url: hook.url });
    stranger.agent.feed.add(draft("a1"));
    await waitFor(() => stranger.said.length === 1, { timeoutMs: 20_000 });
    expect(stranger.said[0]!.text).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    expect(hook.got).toEqual([]);
    const known = await start({ url: hook.url, caFile: authority.certFile });
    known.agent.feed.add(draft("a1"));
    await waitFor(() => hook.got.length === 1, { timeoutMs: 20_000 });
    expect(known.said).toEqual([]);
  }, 60_000);
});

/** A shell script, and the lines that it writes. */
function makeScript(body: string): { readonly script: string; readonly lines: () => string[] } {
  const dir = tempDir();
  const script = path.join(dir, "told.sh");
  const out = path.join(dir, "out");
  writeFileSync(script, `#!/bin/sh\nOUT=${out}\n${body}\n`);
  chmodSync(script, 0o755);
  chmodSync(dir, 0o777);
  const lines = (): string[] =>
    existsSync(out)
      ? readFileSync(out, "utf8")
          .split("\n")
          .filter((line) => line !== "")
      : [];
  return { script, lines };
}

test("a sender that does not end is killed, also when the node ends while settings change", async () => {
  const { script, lines } = makeScript('echo "$1" >> "$OUT"');
  const { keeper, agent, senderPid } = await start({ script });
  agent.feed.add(draft("one"));
  await waitFor(() => lines().length === 1, { timeoutMs: 20_000 });
  const pid = senderPid();
  process.kill(pid, "SIGSTOP");
  endLater(() => {
    if (existsSync(`/proc/${pid}`)) process.kill(pid, "SIGKILL");
  });
  keeper.apply(configurationOf({ script, kinds: ["vip"] }));
  await keeper.close();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
}, 30_000);

describe("the script", () => {
  test("gets arguments and variables, one run at a time, in order", async () => {
    const { script, lines } = makeScript(
      'echo "begin $1 $2 $3|$EVENT_TEXT|$EVENT_CAUSE|$EVENT_DURATION_MS|$EVENT_SOURCE" >> "$OUT"\n' +
        'sleep 0.05; echo "$EVENT_JSON" >> "$OUT"',
    );
    const { agent } = await start({ script });
    agent.feed.add({ ...draft("x\u0000\u001b[2Jy"), subject: "b/$(reboot)" });
    agent.feed.add(draft("second"));
    await waitFor(() => lines().length === 4, { timeoutMs: 20_000 });
    const [first, json, second] = lines();
    expect(first).toBe("begin server.down warning b/$(reboot)|x??[2Jy|refused|7|agent");
    expect(JSON.parse(json!)).toMatchObject({ seq: 1, text: "x\u0000\u001b[2Jy" });
    expect(second).toMatch(/^begin .*\|second\|/);
  }, 60_000);

  test("that hangs is ended with all that it started, and the next event has its turn", async () => {
    const { script, lines } = makeScript(
      'echo "$EVENT_TEXT $EVENT_DROPPED_COUNT" >> "$OUT"; [ "$EVENT_TEXT" = one ] && sleep 600; exit 0',
    );
    const { agent, said } = await start({ script });
    agent.feed.add(draft("one"));
    agent.feed.add(draft("two"));
    await waitFor(() => lines().length === 2, { timeoutMs: 40_000 });
    expect(lines()).toEqual(["one 0", "two 1"]);
    await waitFor(() => said.length === 2, { timeoutMs: 20_000 });
    expect(saidTexts(said)).toEqual([
      "Events cannot be given to the script: ran longer than 10 s and was ended",
      "Events are given to the script again; 1 were dropped",
    ]);
  }, 90_000);

  test("that hangs at the end of its sender is ended, and the next sender goes on behind it", async () => {
    const { script, lines } = makeScript('echo "$EVENT_TEXT $$" >> "$OUT"; exec sleep 600');
    const pidOf = (line: string): string => line.split(" ")[1]!;
    const isGone = (line: string): boolean => !existsSync(`/proc/${pidOf(line)}`);
    const { keeper, agent } = await start({ script });
    agent.feed.add(draft("one"));
    await waitFor(() => lines().length === 1, { timeoutMs: 20_000 });
    agent.feed.add(draft("two"));
    keeper.apply(configurationOf({ script, kinds: ["server"] }));
    await waitFor(() => lines().length === 2, { timeoutMs: 20_000 });
    const [one, two] = lines();
    expect(isGone(one!)).toBe(true);
    expect(two).toMatch(/^two /);
    await keeper.close();
    await waitFor(() => isGone(two!));
    expect(lines()).toHaveLength(2);
  }, 60_000);
});
