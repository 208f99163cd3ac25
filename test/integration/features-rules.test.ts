// Rules of the running balancer that count, refuse and remember.
import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "mqtt-packet";
import { beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../support/ports.ts";
import { DEFAULTS, greeting, openClient, PROGRAMS, startServer } from "./features-harness.ts";

const NAMES = ["rate", "current", "marked", "array", "silent", "reset", "assigned"] as const;

type Name = (typeof NAMES)[number];

function connect(clientId: string): Buffer {
  const version = { protocolId: "MQTT", protocolVersion: 5 } as const;
  return generate({ cmd: "connect", ...version, clean: true, keepalive: 60, clientId });
}

function connack(assigned: string): Buffer {
  return generate(
    {
      cmd: "connack",
      reasonCode: 0,
      sessionPresent: false,
      properties: { assignedClientIdentifier: assigned },
    },
    { protocolVersion: 5 },
  );
}

describe.each(PROGRAMS)("rules of $name", ({ name: program, isMissing, start }) => {
  let port: Readonly<Record<Name, number>>;

  beforeAll(async () => {
    if (isMissing) return;
    const hello = await startServer({ greeting: "hello" });
    const special = await startServer({ greeting: "special" });
    const numbers = await freePorts(NAMES.length);
    port = Object.fromEntries(NAMES.map((name, i) => [name, numbers[i]!])) as typeof port;
    const brokers = await Promise.all(["b1", "b2", "b3"].map(startBroker));
    const listen = (name: Name, ...lines: string[]): string =>
      [`listen ${name}`, `bind 127.0.0.1:${port[name]}`, ...lines].join("\n  ") + "\n";
    const server = `server s 127.0.0.1:${hello.port}`;
    const table = (store: string): string => `stick-table type ip size 1k expire 1m store ${store}`;
    const sections = [
      listen(
        "rate",
        table("conn_rate(1m)"),
        "tcp-request connection track-sc0 src",
        "tcp-request connection reject if { sc_conn_rate(0) gt 3 }",
        server,
      ),
      listen(
        "current",
        table("conn_cur"),
        "tcp-request connection reject if { src_conn_cur ge 2 }",
        "tcp-request connection track-sc1 src",
        server,
      ),
      listen(
        "marked",
        table("gpc0,gpt0"),
        "tcp-request session track-sc0 src",
        "tcp-request session sc-inc-gpc0(0)",
        "tcp-request session sc-set-gpt0(0) 7 if { sc_get_gpc0(0) gt 1 }",
        "use-server special if { sc0_get_gpt0 7 }",
        server,
        `server special 127.0.0.1:${special.port} weight 0`,
      ),
      listen(
        "array",
        table("gpc(2)"),
        "tcp-request content track-sc2 src",
        "tcp-request content sc-inc-gpc(1,2)",
        "tcp-request content reject if { sc_get_gpc(1,2) gt 2 }",
        server,
      ),
      listen("silent", "tcp-request connection silent-drop", server),
      listen("reset", "tcp-request connection reject", server),
      listen(
        "assigned",
        "balance roundrobin",
        "tcp-request inspect-delay 5s",
        "tcp-response inspect-delay 5s",
        "stick-table type string len 32 size 1k expire 1m",
        "acl named req.payload(0,0),mqtt_field_value(connect,client_identifier) -m len gt 0",
        "stick on req.payload(0,0),mqtt_field_value(connect,client_identifier) if named",
        "stick store-response res.payload(0,0),mqtt_field_value(connack,18) unless named",
        ...brokers.map((one, i) => `server b${i + 1} 127.0.0.1:${one}`),
      ),
    ];
    await start(DEFAULTS + sections.join("\n"));
  });

  /** Answers the first packet with a CONNACK that gives the client the broker's own name. */
  async function startBroker(name: string): Promise<number> {
    const broker = await startServer();
    let answered = 0;
    const answer = (): void => {
      const visit = broker.visits[answered];
      if (visit === undefined || visit.received() === "") return;
      answered += 1;
      visit.socket.write(connack(`made-by-${name}`));
    };
    const timer = setInterval(answer, 2);
    timer.unref();
    return broker.port;
  }

  test.skipIf(isMissing)(
    "track-sc0 with sc_conn_rate refuses who comes too often, and nobody else",
    async () => {
      const come = (localAddress: string): Promise<string> =>
        greeting(openClient({ host: "127.0.0.1", port: port.rate, localAddress }));
      for (let i = 0; i < 3; i += 1) expect(await come("127.0.0.3")).toBe("hello");
      expect(await come("127.0.0.3")).toMatch(/^closed/);
      expect(await come("127.0.0.4")).toBe("hello");
    },
  );

  test.skipIf(isMissing)(
    "src_conn_cur refuses more connections than allowed until one ends",
    async () => {
      const first = openClient(port.current);
      const second = openClient(port.current);
      await Promise.all([first.gets("hello"), second.gets("hello")]);
      expect(await greeting(openClient(port.current))).toMatch(/^closed/);
      first.socket.end();
      await first.ended;
      await expect.poll(() => greeting(openClient(port.current))).toBe("hello");
    },
  );

  test.skipIf(isMissing)(
    "general purpose counters and tags steer who comes a second time",
    async () => {
      expect(await greeting(openClient(port.marked))).toBe("hello");
      expect(await greeting(openClient(port.marked))).toBe("special");
    },
  );

  test.skipIf(isMissing)("an element of an array of counters refuses the third", async () => {
    const come = (): Promise<string> => greeting(openClient(port.array));
    expect([await come(), await come()]).toEqual(["hello", "hello"]);
    expect(await come()).toMatch(/^closed/);
  });

  // HAProxy closes in silence, but the kernel answers what comes later; it reads no CONNACK.
  const isTandem = program === "tandem";

  test.skipIf(!isTandem)("reject resets, silent-drop says nothing", async () => {
    const refused = openClient(port.reset);
    const dropped = openClient(port.silent);
    dropped.socket.write("anybody there?");
    expect(await refused.ended).toBe("ECONNRESET");
    // Long enough for an end or a reset to arrive; a busy machine can only hide a failure.
    await sleep(300);
    expect(dropped.socket.readyState).toBe("open");
    expect(dropped.received()).toBe("");
  });

  test.skipIf(!isTandem)(
    "stick store-response remembers the identifier that the broker assigns",
    async () => {
      const meet = async (clientId: string): Promise<string> => {
        const client = openClient(port.assigned);
        client.socket.write(connect(clientId));
        const answer = await client.gets(/made-by-b\d/);
        client.socket.destroy();
        return /made-by-b\d/.exec(answer)![0];
      };
      const given = [await meet(""), await meet(""), await meet("")];
      expect(new Set(given).size).toBe(3);
      for (const name of [given[1]!, given[0]!, given[2]!, given[0]!]) {
        expect(await meet(name)).toBe(name);
      }
    },
  );
});
