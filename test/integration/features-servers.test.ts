// What the running balancer learns about its servers besides plain checks, and what follows from it.
import net from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { freePorts } from "../support/ports.ts";
import type { RunningProcess } from "../support/process.ts";
import { waitFor } from "../support/wait-for.ts";
import { DEFAULTS, greeting, openClient, PROGRAMS, startServer } from "./features-harness.ts";

const NAMES = ["observed", "agent", "slow", "markedDown", "markedUp"] as const;

type Name = (typeof NAMES)[number];

/** Something that checks can reach or not. */
class Checked {
  readonly port: number;
  #server: net.Server | undefined;

  constructor(port: number) {
    this.port = port;
    endLater(() => this.close());
  }

  async open(): Promise<void> {
    this.#server = net.createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.resume();
    });
    this.#server.listen(this.port, "127.0.0.1");
    await waitFor(() => this.#server!.listening);
  }

  close(): void {
    this.#server?.close();
  }
}

describe.each(PROGRAMS)("servers of $name", ({ isMissing, start }) => {
  let port: Readonly<Record<Name, number>>;
  let checked: Readonly<Record<"slow" | "markedDown" | "markedUp", Checked>>;
  let program: RunningProcess;
  let agentWord: string;
  let observed: Checked;

  beforeAll(async () => {
    if (isMissing) return;
    const main = await startServer({ greeting: "main" });
    const other = await startServer({ greeting: "other" });
    const numbers = await freePorts(NAMES.length + 4);
    port = Object.fromEntries(NAMES.map((name, i) => [name, numbers[i]!])) as typeof port;
    const [a, b, c, d] = numbers.slice(NAMES.length);
    checked = { slow: new Checked(a!), markedDown: new Checked(b!), markedUp: new Checked(c!) };
    await checked.markedDown.open();
    observed = new Checked(d!);
    await observed.open();
    agentWord = "up 100%";
    const agent = await startAgent();
    const listen = (name: Name, ...lines: string[]): string =>
      [`listen ${name}`, `bind 127.0.0.1:${port[name]}`, ...lines].join("\n  ") + "\n";
    const mainServer = (words: string): string => `server main 127.0.0.1:${main.port} ${words}`;
    const otherServer = (words = ""): string => `server other 127.0.0.1:${other.port} ${words}`;
    const fast = "check inter 50ms fall 1 rise 1";
    program = await start(
      [
        DEFAULTS,
        listen(
          "observed",
          "option redispatch 1",
          `server main 127.0.0.1:${observed.port} check inter 900ms fall 100 observe layer4` +
            " error-limit 2 on-error mark-down",
          otherServer("backup"),
        ),
        listen(
          "agent",
          "balance roundrobin",
          mainServer(`weight 100 agent-check agent-port ${agent} agent-inter 50ms`),
          otherServer("weight 100"),
        ),
        listen(
          "slow",
          "balance roundrobin",
          mainServer(`weight 100 ${fast} port ${checked.slow.port} slowstart 100s`),
          otherServer("weight 100"),
        ),
        listen(
          "markedDown",
          mainServer(`${fast} port ${checked.markedDown.port} on-marked-down shutdown-sessions`),
          otherServer("backup"),
        ),
        listen(
          "markedUp",
          mainServer(`${fast} port ${checked.markedUp.port} on-marked-up shutdown-backup-sessions`),
          otherServer("backup"),
        ),
      ].join("\n"),
    );
  });

  /** An agent that says `agentWord` to whoever asks. */
  async function startAgent(): Promise<number> {
    const server = net.createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.end(`${agentWord}\n`);
    });
    server.listen(0, "127.0.0.1");
    await waitFor(() => server.listening);
    endLater(() => void server.close());
    return (server.address() as net.AddressInfo).port;
  }

  const come = (name: Name): Promise<string> => greeting(openClient(port[name]));

  /** How many of `count` visitors the main server gets. */
  async function shareOfMain(name: Name, count: number): Promise<number> {
    let share = 0;
    for (let i = 0; i < count; i += 1) if ((await come(name)) === "main") share += 1;
    return share;
  }

  test.skipIf(isMissing)("observe layer4 marks a server down that refuses clients", async () => {
    // Its own check would need a hundred failures.
    await waitFor(() => canReach(observed.port));
    observed.close();
    const answers = [];
    for (let i = 0; i < 6; i += 1) answers.push(await come("observed"));
    expect(answers.slice(2)).toEqual(["other", "other", "other", "other"]);
  });

  test.skipIf(isMissing)("agent-check sets the weight and drains", async () => {
    agentWord = "25%";
    await waitFor(async () => (await shareOfMain("agent", 10)) === 2);
    agentWord = "drain";
    // At a quarter of its weight it may miss four visitors in a row by itself.
    await waitFor(() => program.output().includes("agent/main enters drain state"));
    expect(await shareOfMain("agent", 4)).toBe(0);
    agentWord = "ready";
    await waitFor(async () => (await shareOfMain("agent", 4)) > 0);
    await waitFor(() =>
      /agent\/main enters drain state\..*leaving forced drain/s.test(program.output()),
    );
  });

  test.skipIf(isMissing)("slowstart gives a server that comes back few clients", async () => {
    await waitFor(async () => (await shareOfMain("slow", 6)) === 0);
    await checked.slow.open();
    await waitFor(async () => (await come("slow")) === "main");
    expect(await shareOfMain("slow", 40)).toBeLessThan(10);
  });

  test.skipIf(isMissing)("on-marked-down shutdown-sessions ends its connections", async () => {
    const client = openClient(port.markedDown);
    expect(await client.gets("main")).toBe("main");
    checked.markedDown.close();
    expect(await client.ended).toMatch(/^(end|ECONNRESET)$/);
    expect(await come("markedDown")).toBe("other");
  });

  test.skipIf(isMissing)("on-marked-up shutdown-backup-sessions calls clients back", async () => {
    await waitFor(async () => (await come("markedUp")) === "other");
    const client = openClient(port.markedUp);
    expect(await client.gets("other")).toBe("other");
    await checked.markedUp.open();
    expect(await client.ended).toMatch(/^(end|ECONNRESET)$/);
    expect(await come("markedUp")).toBe("main");
  });
});

async function canReach(port: number): Promise<boolean> {
  const client = openClient(port);
  const isReached = await new Promise<boolean>((resolve) => {
    client.socket.once("connect", () => resolve(true));
    client.socket.once("error", () => resolve(false));
  });
  client.socket.destroy();
  return isReached;
}
