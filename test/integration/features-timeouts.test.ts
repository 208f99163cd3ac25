// How connections of the running balancer end: half-closed, by silence, by either side.
import { beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../support/ports.ts";
import type { RunningProcess } from "../support/process.ts";
import {
  DEFAULTS,
  openClient,
  PROGRAMS,
  startServer,
  type Client,
  type FeatureServer,
} from "./features-harness.ts";

const NAMES = ["half", "client", "server", "tunnel", "clientFin", "serverFin", "queue"] as const;

type Name = (typeof NAMES)[number];

describe.each(PROGRAMS)("ends of connections through $name", ({ isMissing, start }) => {
  let port: Readonly<Record<Name, number>>;
  let server: FeatureServer;
  let program: RunningProcess;

  beforeAll(async () => {
    if (isMissing) return;
    server = await startServer({ greeting: "hello", allowHalfOpen: true });
    const numbers = await freePorts(NAMES.length);
    port = Object.fromEntries(NAMES.map((name, i) => [name, numbers[i]!])) as typeof port;
    const listen = (name: Name, ...lines: string[]): string =>
      [
        `listen ${name}`,
        `bind 127.0.0.1:${port[name]}`,
        "log stdout format raw local0",
        'log-format "%ft %ts %B/%U"',
        ...lines,
        `server s 127.0.0.1:${server.port} maxconn 1`,
      ].join("\n  ") + "\n";
    program = await start(
      [
        DEFAULTS,
        listen("half"),
        // HAProxy then waits for the server to follow.
        listen("client", "timeout client 300ms", "timeout server-fin 300ms"),
        listen("server", "timeout server 300ms"),
        listen("tunnel", "timeout client 100ms", "timeout server 100ms", "timeout tunnel 700ms"),
        listen("clientFin", "timeout client-fin 300ms"),
        listen("serverFin", "timeout server-fin 300ms"),
        listen("queue", "timeout queue 200ms"),
      ].join("\n"),
    );
  });

  async function come(name: Name): Promise<Client> {
    const client = openClient({ host: "127.0.0.1", port: port[name], allowHalfOpen: true });
    await client.gets("hello");
    return client;
  }

  async function logged(name: Name): Promise<string> {
    const [line] = await program.waitForOutput(new RegExp(`^${name} .*$`, "m"));
    return line;
  }

  test.skipIf(isMissing)("a client that has finished still gets the answer", async () => {
    const count = server.visits.length;
    const client = await come("half");
    client.socket.end("question");
    const visit = await server.visit(count);
    await new Promise((resolve) => visit.socket.once("end", resolve));
    expect(visit.received()).toBe("question");
    visit.socket.end("answer");
    expect(await client.gets("answer")).toBe("helloanswer");
    expect(await client.ended).toBe("end");
    expect(await logged("half")).toBe("half -- 11/8");
  });

  test.skipIf(isMissing)(
    "timeout client ends who says nothing, although the server waits",
    async () => {
      const before = performance.now();
      const client = await come("client");
      await closedOf(client);
      expect(performance.now() - before).toBeGreaterThan(250);
      expect(await logged("client")).toBe("client cD 5/0");
    },
  );

  test.skipIf(isMissing)("timeout server ends a connection whose server says nothing", async () => {
    await closedOf(await come("server"));
    expect(await logged("server")).toBe("server sD 5/0");
  });

  test.skipIf(isMissing)(
    "timeout tunnel replaces both while they would have fallen due",
    async () => {
      const before = performance.now();
      await closedOf(await come("tunnel"));
      expect(performance.now() - before).toBeGreaterThan(600);
      expect(await logged("tunnel")).toMatch(/^tunnel [cs]D 5\/0$/);
    },
  );

  test.skipIf(isMissing)(
    "timeout client-fin ends a client that does not follow the server's end",
    async () => {
      const count = server.visits.length;
      const client = await come("clientFin");
      (await server.visit(count)).socket.end();
      await new Promise((resolve) => client.socket.once("end", resolve));
      expect(await logged("clientFin")).toBe("clientFin cD 5/0");
      client.socket.destroy();
    },
  );

  test.skipIf(isMissing)(
    "timeout server-fin ends a server that does not follow the client's end",
    async () => {
      const count = server.visits.length;
      const client = await come("serverFin");
      client.socket.end();
      const visit = await server.visit(count);
      await new Promise((resolve) => visit.socket.once("end", resolve));
      expect(await logged("serverFin")).toBe("serverFin sD 5/0");
    },
  );

  test.skipIf(isMissing)("timeout queue ends who waits too long for a slot", async () => {
    const client = await come("queue");
    const waiting = openClient(port.queue);
    expect(await waiting.ended).toMatch(/^(end|ECONNRESET)$/);
    expect(waiting.received()).toBe("");
    expect(await logged("queue")).toBe("queue sQ 0/0");
    client.socket.destroy();
  });

  /** Waits for the balancer to end it, while the test's own side stays open. */
  async function closedOf(client: Client): Promise<void> {
    client.socket.once("end", () => client.socket.end());
    await client.ended;
  }
});
