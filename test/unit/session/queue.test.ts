import { describe, expect, test } from "vitest";
import { Bench, type Client } from "./bench.ts";

function bench(rules = "", servers = "server s1 127.0.0.1:1 maxconn 1"): Bench {
  return new Bench(
    `listen in
       mode tcp
       timeout client 10s
       timeout connect 500ms
       timeout queue 300ms
       bind :1883
       ${rules}
       ${servers}`,
  );
}

/** A bench whose one place is taken, and its holder. */
function full(rules = "", servers?: string): { made: Bench; holder: Client } {
  const made = bench(rules, servers);
  return { made, holder: made.accept().connected() };
}

function expectEmpty(made: Bench): void {
  const { balancer, counters } = made.backend("in");
  expect(balancer.counts()).toMatchObject({ served: 0, queuedTotal: 0 });
  expect(counters.sessions.current).toBe(0);
}

describe("a session that waits for a slot", () => {
  test("gets it when the holder ends", () => {
    const { made, holder } = full();
    const first = made.accept();
    const second = made.accept();
    expect([first.state, second.state]).toEqual(["queued", "queued"]);
    made.advance(50);
    holder.relayed();
    expect(holder.take()).toEqual(["connect 127.0.0.1:1", "relay", "grant s1", "log --", "ended"]);
    expect(first.take()).toEqual(["inspect-client", "connect 127.0.0.1:1"]);
    first.connected().relayed();
    expect(first.logged).toBe("in/s1 50/0/50 0 -- 0 0/1");
    second.connected().relayed();
    expect(second.logged).toBe("in/s1 50/0/50 0 -- 0 0/2");
    expectEmpty(made);
  });

  test("ends with sQ after `timeout queue`", () => {
    const { made, holder } = full();
    const client = made.accept();
    made.advance(300);
    expect(client.take()).toEqual(["inspect-client", "close finish", "log sQ", "ended"]);
    expect(client.logged).toBe("in/<NOSRV> 300/-1/300 0 sQ 0 0/1");
    expect(made.backend("in").counters.failedConnects).toBe(1);
    holder.relayed();
    expectEmpty(made);
  });

  test("ends after `timeout connect` when no other is set", () => {
    const made = new Bench(
      `listen in
         mode tcp
         timeout connect 500ms
         bind :1883
         server s1 127.0.0.1:1 maxconn 1`,
    );
    made.accept();
    const client = made.accept();
    made.advance(499);
    expect(client.state).toBe("queued");
    made.advance(1);
    expect(client.record?.termination).toBe("sQ");
  });

  test("ends with CQ when the client leaves without a word", () => {
    const { made, holder } = full();
    const client = made.accept();
    client.finish();
    expect(client.logged).toBe("in/<NOSRV> 0/-1/0 0 CQ 0 0/1");
    expect(made.backend("in").counters.clientAborts).toBe(0);
    holder.relayed();
    expect(holder.take()).not.toContain("grant s1");
    expectEmpty(made);
  });

  test("ends with CD when the client breaks off", () => {
    const { made } = full();
    const client = made.accept();
    client.take();
    client.reset();
    expect(client.take()).toEqual(["log CD", "ended"]);
    expect(made.backend("in").counters.clientAborts).toBe(1);
  });

  test("names the server that it must have", () => {
    const { made } = full("use-server s1 if TRUE", "server s1 127.0.0.1:1 maxconn 1");
    const client = made.accept();
    client.finish();
    expect(client.logged).toBe("in/s1 0/-1/0 0 CQ 0 1/0");
  });

  test("is refused with SQ when its server's queue is full", () => {
    const { made } = full(
      "use-server s1 if TRUE",
      "server s1 127.0.0.1:1 maxconn 1 maxqueue 1\n server s2 127.0.0.1:2",
    );
    made.accept();
    const refused = made.accept();
    expect(refused.logged).toBe("in/s1 -1/-1/0 0 SQ 0 0/0");
    expect(made.server("in/s1").counters.connectErrors).toBe(1);
  });

  test("goes elsewhere instead with `option redispatch`", () => {
    const { made } = full(
      "use-server s1 if TRUE\n option redispatch",
      "server s1 127.0.0.1:1 maxconn 1 maxqueue 1\n server s2 127.0.0.1:2",
    );
    made.accept();
    const moved = made.accept().connected();
    moved.relayed();
    expect(moved.logged).toBe("in/s2 0/0/0 0 -- +0 0/0");
    expect(made.server("in/s1").counters.redispatches).toBe(1);
  });

  test("chooses anew when its server goes, and forgets that it stuck to it", () => {
    const { made } = full(
      "use-server s1 if TRUE\n option redispatch",
      "server s1 127.0.0.1:1 maxconn 1\n server s2 127.0.0.1:2",
    );
    const client = made.accept();
    expect(client.state).toBe("queued");
    const { balancer } = made.backend("in");
    made.dispatch(balancer.setAdmin(made.server("in/s1"), "drain", made.nowMs));
    expect(client.take()).toEqual(["inspect-client", "connect 127.0.0.1:2"]);
    client.connected().relayed();
    // Measured: `in/s2 .. +0 1/0`, wredis of s1 is 1.
    expect(client.logged).toBe("in/s2 0/0/0 0 -- +0 1/0");
    expect(made.server("in/s1").counters.redispatches).toBe(1);
  });

  test("finds none when its server was the last one", () => {
    const { made, holder } = full("use-server s1 if TRUE\n option redispatch");
    const client = made.accept();
    made.setUp("in/s1", false);
    expect(client.record?.termination).toBe("SC");
    holder.relayed();
    expectEmpty(made);
  });

  test("passes the slot on when its own attempt fails at once", () => {
    const { made, holder } = full("retries 0");
    const clients = [1, 2, 3].map(() => made.accept());
    // A reload in which the server's name has no address: its connects fail by themselves.
    const backend = made.backend("in");
    backend.facts = new Map([["s1", { ...backend.facts.get("s1")!, endpoint: undefined }]]);
    holder.relayed();
    expect(clients.map((client) => client.record?.termination)).toEqual(["SC", "SC", "SC"]);
    expectEmpty(made);
  });

  test("gives back a slot that comes when it has ended", () => {
    const { made, holder } = full();
    const [late, next] = [made.accept(), made.accept()];
    const server = made.server("in/s1");
    // The slot is on its way when the session ends.
    const [grant] = made.backend("in").balancer.release(server, made.nowMs);
    expect(grant?.token).toBe(late.session);
    late.kill();
    late.tell({ kind: "assigned", grant: grant! });
    expect(late.take().slice(-2)).toEqual(["ended", "grant s1"]);
    expect(next.state).toBe("connecting");
    next.kill();
    // The holder's place was given away above.
    expect(server.served).toBe(0);
    expect(holder.state).toBe("relaying");
  });

  test("ignores a place lost that it had not", () => {
    const { holder } = full();
    holder.take();
    holder.tell({ kind: "requeued" });
    expect(holder.take()).toEqual([]);
  });
});
