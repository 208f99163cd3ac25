import { describe, expect, test } from "vitest";
import { Bench } from "./bench.ts";

function bench(servers: string, rules = ""): Bench {
  return new Bench(
    `listen in
       mode tcp
       timeout connect 1s
       bind :1883
       ${rules}
       ${servers}`,
  );
}

describe("WorldLookups", () => {
  test("know nothing of names that are not there", () => {
    const { lookups } = bench("server s1 127.0.0.1:1").world;
    expect(lookups.nbsrv("other")).toBeUndefined();
    expect(lookups.queue("other")).toBeUndefined();
    expect(lookups.connslots("other")).toBeUndefined();
    expect(lookups.beConnFree("other")).toBeUndefined();
    expect(lookups.srvConn("in", "other")).toBeUndefined();
    expect(lookups.srvIsUp("other", "s1")).toBeUndefined();
    expect(lookups.srvWeight("in", "other")).toBeUndefined();
  });

  test("nbsrv counts active servers, else the one backup that serves", () => {
    const made = bench(
      "server s1 127.0.0.1:1\n server b1 127.0.0.1:2 backup\n server b2 127.0.0.1:3 backup",
    );
    const { lookups } = made.world;
    expect(lookups.nbsrv("in")).toBe(1);
    made.setUp("in/s1", false);
    expect(lookups.nbsrv("in")).toBe(1);
    made.setUp("in/b1", false);
    made.setUp("in/b2", false);
    expect(lookups.nbsrv("in")).toBe(0);
  });

  test("nbsrv counts all backups with `option allbackups`", () => {
    const made = bench(
      "server s1 127.0.0.1:1\n server b1 127.0.0.1:2 backup\n server b2 127.0.0.1:3 backup",
      "option allbackups",
    );
    made.setUp("in/s1", false);
    expect(made.world.lookups.nbsrv("in")).toBe(2);
  });

  test("queue counts those who wait for a certain server too", () => {
    const made = bench(
      "server s1 127.0.0.1:1 maxconn 1\n server s2 127.0.0.1:2 maxconn 1",
      "use-server s1 if { src 10.0.0.3 }",
    );
    const { lookups } = made.world;
    for (let i = 0; i < 4; i++) made.accept();
    made.accept(undefined, "10.0.0.3:1");
    expect(lookups.queue("in")).toBe(3);
    expect(lookups.srvQueue("in", "s1")).toBe(1);
    expect(lookups.avgQueue("in")).toBe(2);
    made.setUp("in/s1", false);
    made.setUp("in/s2", false);
    expect(lookups.avgQueue("in")).toBe(6);
  });

  test("free slots leave out backups that do not serve", () => {
    const made = bench(
      "server s1 127.0.0.1:1 maxconn 3\n server s2 127.0.0.1:2 maxconn 2\n" +
        "server b 127.0.0.1:3 backup maxconn 9",
    );
    const { lookups } = made.world;
    expect(lookups.beConnFree("in")).toBe(5);
    made.accept();
    expect(lookups.beConnFree("in")).toBe(4);
    expect(lookups.srvConnFree("in", "s1")).toBe(2);
    made.setUp("in/s1", false);
    made.setUp("in/s2", false);
    expect(lookups.beConnFree("in")).toBe(9);
  });

  test("are -1 where there is no limit", () => {
    const { lookups } = bench("server s1 127.0.0.1:1\n server s2 127.0.0.1:2 maxconn 2").world;
    expect(lookups.beConnFree("in")).toBe(-1);
    expect(lookups.srvConnFree("in", "s1")).toBe(-1);
    expect(lookups.connslots("in")).toBe(-1);
  });

  test("connslots adds places in queues", () => {
    const made = bench("server s1 127.0.0.1:1 maxconn 3 maxqueue 4");
    made.accept();
    expect(made.world.lookups.connslots("in")).toBe(6);
  });

  test("counts of sessions and servers follow them", () => {
    const made = bench("server s1 127.0.0.1:1");
    const { lookups } = made.world;
    const client = made.accept().connected();
    expect([lookups.feConn("in"), lookups.beConn("in"), lookups.srvConn("in", "s1")]).toEqual([
      1, 1, 1,
    ]);
    expect(lookups.feSessRate("in")).toBe(1);
    expect(lookups.beSessRate("in")).toBe(1);
    expect(lookups.srvSessRate("in", "s1")).toBe(1);
    client.relayed();
    expect([lookups.feConn("in"), lookups.beConn("in"), lookups.srvConn("in", "s1")]).toEqual([
      0, 0, 0,
    ]);
  });

  test("a server is up unless stopped or in maintenance", () => {
    const made = bench("server s1 127.0.0.1:1 weight 7");
    const { lookups } = made.world;
    const { balancer } = made.backend("in");
    expect([lookups.srvIsUp("in", "s1"), lookups.srvWeight("in", "s1")]).toEqual([true, 7]);
    made.dispatch(balancer.setAdmin(made.server("in/s1"), "drain", made.nowMs));
    expect(lookups.srvIsUp("in", "s1")).toBe(true);
    made.dispatch(balancer.setAdmin(made.server("in/s1"), "maint", made.nowMs));
    expect(lookups.srvIsUp("in", "s1")).toBe(false);
  });

  test("knows the addresses of this machine", () => {
    const { lookups } = bench("").world;
    expect([lookups.isLocalAddress?.("127.0.0.1"), lookups.isLocalAddress?.("192.0.2.1")]).toEqual([
      true,
      false,
    ]);
  });
});
