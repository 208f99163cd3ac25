import { describe, expect, test } from "vitest";
import { Bench, type Client } from "./bench.ts";

function bench(rules = "", servers = "server s1 127.0.0.1:1 maxconn 1"): Bench {
  return new Bench(
    `listen in
       mode tcp
       timeout client 10s
       timeout connect 500ms
       bind :1883
       ${rules}
       ${servers}`,
  );
}

/** A client in each state, and what must be left of the kill. */
const STATES: readonly (readonly [string, () => { made: Bench; client: Client }, string])[] = [
  [
    "inspecting",
    () => {
      const made = bench("tcp-request content accept if { req.len gt 2 }");
      return { made, client: made.accept() };
    },
    "R",
  ],
  [
    "queued",
    () => {
      const made = bench();
      made.accept().kill("shutdown");
      const holder = made.accept();
      const client = made.accept();
      made.clients.delete(holder.session);
      return { made, client };
    },
    "Q",
  ],
  [
    "pausing",
    () => {
      const made = bench();
      return { made, client: made.accept().refused() };
    },
    "C",
  ],
  [
    "connecting",
    () => {
      const made = bench();
      return { made, client: made.accept() };
    },
    "C",
  ],
  [
    "answering",
    () => {
      const made = bench("tcp-response content accept if { res.len gt 2 }");
      return { made, client: made.accept().connected() };
    },
    "-",
  ],
];

describe("kill", () => {
  test.each(STATES)("of a session that is %s ends it at once", (state, create, phase) => {
    const { client } = create();
    expect(client.state).toBe(state);
    client.take();
    client.kill();
    const hasServer = state === "connecting" || state === "answering";
    expect(client.take()).toEqual([
      ...(hasServer ? ["abandon-server"] : []),
      "close finish",
      `log K${phase}`,
      "ended",
    ]);
    expect(client.session.nextTimeout()).toBeUndefined();
  });

  test("before a session has begun closes the connection", () => {
    const made = new Bench(
      "listen in\n mode tcp\n timeout client 1s\n bind :1883 accept-proxy\n server s 127.0.0.1:1",
    );
    const client = made.accept();
    client.kill();
    expect(client.take()).toEqual(["inspect-client", "close finish", "log KR", "ended"]);
  });

  test.each([
    ["administrator", "K-"],
    ["shutdown", "K-"],
    ["server-down", "D-"],
    ["backup-yields", "U-"],
  ] as const)("of a relay by %s waits for its counters and is logged as %s", (cause, expected) => {
    const client = bench().accept().connected();
    client.take();
    client.kill(cause);
    expect(client.take()).toEqual(["close finish"]);
    client.kill("shutdown");
    expect(client.take()).toEqual([]);
    client.relayed("closed", 1, 2);
    expect(client.take()).toEqual(["log " + expected, "ended"]);
    expect(client.record).toMatchObject({ bytesToServer: 1, bytesToClient: 2 });
  });

  test("of a relay that ended by itself first does not change what is logged", () => {
    const client = bench().accept().connected();
    client.kill();
    client.relayed("server-error");
    expect(client.record?.termination).toBe("SD");
  });

  test("of the holder of a slot lets the next one have it", () => {
    const made = bench();
    const holder = made.accept();
    const next = made.accept();
    holder.kill();
    expect(next.state).toBe("connecting");
  });
});

describe("an ended session", () => {
  test("is not moved by anything", () => {
    const made = bench();
    const client = made.accept();
    client.kill();
    client.take();
    const before = JSON.stringify(made.backend("in").counters);
    client.send("late", true);
    client.reset();
    client.connected();
    client.refused();
    client.answer("late");
    client.relayed("client-error", 9, 9);
    client.kill();
    client.tell({ kind: "requeued" });
    client.tell({ kind: "timeout" });
    client.tell({ kind: "progress", counters: { bytesToServer: 9, bytesToClient: 9 } });
    expect(client.take()).toEqual([]);
    expect(JSON.stringify(made.backend("in").counters)).toBe(before);
    expect(made.frontend("in").counters.sessions.current).toBe(0);
  });
});

describe("the log line", () => {
  test("comes at the end", () => {
    const client = bench().accept().connected();
    expect(client.record).toBeUndefined();
    client.relayed();
    expect(client.record?.logAsap).toBe(false);
  });

  test.each([
    ["accept", "connect 127.0.0.1:1"],
    ["connect", "relay"],
  ] as const)("comes once, at %s, when its format allows", (moment, neighbour) => {
    const made = bench();
    made.frontend("in").logMoment = moment;
    const client = made.accept().connected();
    client.relayed("client-error");
    const lines = client.take();
    expect(lines.filter((line) => line.startsWith("log"))).toEqual(["log --"]);
    const offset = moment === "accept" ? 1 : -1;
    expect(lines[lines.indexOf("log --") + offset]).toBe(neighbour);
  });

  test("comes at the end of a session that never connected, whatever the moment", () => {
    const made = bench("retries 0");
    made.frontend("in").logMoment = "connect";
    expect(made.accept().refused().record?.termination).toBe("SC");
  });

  test("comes never when nobody takes it", () => {
    const made = bench();
    made.frontend("in").logMoment = "never";
    const client = made.accept().connected();
    client.relayed();
    expect(client.record).toBeUndefined();
  });

  test("tells of `option logasap` when early", () => {
    const made = bench("option logasap");
    made.frontend("in").logMoment = "connect";
    const early = made.accept().connected();
    expect(early.record?.logAsap).toBe(true);
  });

  test("is left out with `option dontlognull` when no byte came", () => {
    const made = bench("option dontlognull\n tcp-request content accept if { req.len gt 2 }");
    const silent = made.accept();
    silent.reset();
    const spoken = made.accept().send("a");
    spoken.reset();
    expect([silent.record, spoken.record?.termination]).toEqual([undefined, "CR"]);
  });

  test("is left out with `option dontlog-normal` when all went well", () => {
    const made = bench("option dontlog-normal");
    const normal = made.accept().connected();
    normal.relayed();
    const retried = made.accept().refused();
    made.advance(500);
    retried.connected().relayed();
    const broken = made.accept().connected();
    broken.relayed("client-error");
    const terminations = [normal, retried, broken].map((client) => client.record?.termination);
    expect(terminations).toEqual([undefined, "--", "CD"]);
  });

  test("counts the others, and itself among the connections", () => {
    const made = bench("", "server s1 127.0.0.1:1");
    const other = made.accept().connected();
    const client = made.accept().connected();
    client.relayed();
    expect(client.record).toMatchObject({ actconn: 2, feconn: 2, beconn: 1, srvconn: 1 });
    other.relayed();
    expect(other.record).toMatchObject({ actconn: 1, feconn: 1, beconn: 0, srvconn: 0 });
    expect([client.record?.requestCount, other.record?.requestCount]).toEqual([1, 0]);
  });

  test("shows the bytes counted while the relay runs once", () => {
    const made = bench();
    const client = made.accept().connected();
    client.tell({ kind: "progress", counters: { bytesToServer: 3, bytesToClient: 4 } });
    expect(made.frontend("in").counters).toMatchObject({ bytesIn: 3, bytesOut: 4 });
    client.relayed("client-closed", 5, 6);
    expect(made.frontend("in").counters).toMatchObject({ bytesIn: 5, bytesOut: 6 });
    expect(made.server("in/s1").counters).toMatchObject({ bytesIn: 5, bytesOut: 6 });
  });
});
