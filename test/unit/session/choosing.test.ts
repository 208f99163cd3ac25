import { describe, expect, test } from "vitest";
import { keyFromSample } from "../../../src/stick/key.ts";
import type { StickTable } from "../../../src/stick/table.ts";
import { Bench } from "./bench.ts";

const SERVERS = `
  server s1 127.0.0.1:1
  server s2 127.0.0.1:2
  server s3 127.0.0.1:3`;

function bench(rules: string, servers = SERVERS): Bench {
  return new Bench(
    `listen in
       mode tcp
       timeout client 10s
       timeout connect 1s
       tcp-request inspect-delay 2s
       bind :1883
       ${rules}
       ${servers}`,
  );
}

/** The servers that the table binds keys to, by key. */
function bindings(table: StickTable, keys: readonly string[], nowMs: number): unknown {
  return Object.fromEntries(
    keys.map((text) => {
      const key = keyFromSample(table.spec, { type: "str", value: text });
      const entry = key === undefined ? undefined : table.lookup(key, nowMs);
      const id = entry === undefined ? undefined : table.read(entry, "server_id", 0, nowMs);
      return [text, entry === undefined ? undefined : [id, table.serverKey(entry)]];
    }),
  );
}

describe("use_backend", () => {
  const text = (rules: string): string => `
    frontend in
      mode tcp
      timeout client 10s
      bind :1883
      tcp-request inspect-delay 2s
      ${rules}
    backend a
      mode tcp
      server s 127.0.0.1:1
    backend b
      mode tcp
      server s 127.0.0.1:2
    backend off
      mode tcp
      disabled
      server s 127.0.0.1:3`;

  test("takes the first that applies, else the default", () => {
    const made = new Bench(
      text(
        "use_backend b if { src 10.0.0.2 }\n use_backend a if { src 10.0.0.2 }\n default_backend a",
      ),
    );
    expect(made.accept().take()).toEqual(["connect 127.0.0.1:1"]);
    expect(made.accept(undefined, "10.0.0.2:1").take()).toEqual(["connect 127.0.0.1:2"]);
    expect(made.backend("a").counters.sessions).toMatchObject({ current: 1, total: 1 });
  });

  test("waits for the bytes that its condition looks at", () => {
    const made = new Bench(
      text("use_backend b if { req.payload(0,1) -m str b }\n default_backend a"),
    );
    expect(made.accept().send("b").take()).toEqual(["inspect-client", "connect 127.0.0.1:2"]);
    expect(made.accept().send("a").take()).toEqual(["inspect-client", "connect 127.0.0.1:1"]);
  });

  test("without any that applies ends the session with SC", () => {
    const made = new Bench(text("use_backend b if { src 10.0.0.2 }"));
    const client = made.accept();
    expect(client.take()).toEqual(["close finish", "log SC", "ended"]);
    expect(client.logged).toBe("in/<NOSRV> -1/-1/0 0 SC 0 0/0");
    expect(made.frontend("in").counters.failedRequests).toBe(0);
  });

  test("of a disabled backend ends it with SC too", () => {
    const client = new Bench(text("use_backend off")).accept();
    expect(client.logged).toBe("off/<NOSRV> -1/-1/0 0 SC 0 0/0");
  });
});

describe("use-server", () => {
  test("sends where the algorithm would not", () => {
    const made = bench("use-server s3 if { src 10.0.0.1 }");
    expect(made.accept().take()).toEqual(["connect 127.0.0.1:3"]);
    expect(made.accept(undefined, "10.0.0.2:1").take()).toEqual(["connect 127.0.0.1:1"]);
  });

  test("of a server that is down leaves the choice to the next rule", () => {
    const made = bench("use-server s3 if { src 10.0.0.1 }\n use-server s2 if { src 10.0.0.1 }");
    made.setUp("in/s3", false);
    expect(made.accept().take()).toEqual(["connect 127.0.0.1:2"]);
  });

  test("binds the key of the stick rules as well", () => {
    const made = bench("stick-table type string size 9\n stick on src\n use-server s2 if TRUE");
    made.accept().connected();
    const table = made.world.tables.get("in")!;
    expect(bindings(table, ["10.0.0.1"], made.nowMs)).toEqual({ "10.0.0.1": [2, "s2"] });
  });
});

describe("stick rules", () => {
  const TABLE = "stick-table type string len 20 size 9";

  test("send a key where it was sent before", () => {
    const made = bench(`${TABLE}\n stick on req.payload(0,2)`);
    made.accept().send("aa").connected();
    expect(made.accept().send("bb").take()[1]).toBe("connect 127.0.0.1:2");
    expect(made.accept().send("aa").take()[1]).toBe("connect 127.0.0.1:1");
  });

  test("bind nothing before the server has taken the connection", () => {
    const made = bench(`${TABLE}\n stick on req.payload(0,2)`);
    const client = made.accept().send("aa");
    const table = made.world.tables.get("in")!;
    expect(bindings(table, ["aa"], made.nowMs)).toEqual({ aa: undefined });
    client.connected();
    expect(bindings(table, ["aa"], made.nowMs)).toEqual({ aa: [1, "s1"] });
  });

  test("match without storing, and store without matching", () => {
    const matching = bench(`${TABLE}\n stick match req.payload(0,2)`);
    matching.accept().send("aa").connected();
    expect(matching.world.tables.get("in")!.usedCount).toBe(0);
    const storing = bench(`${TABLE}\n stick store-request req.payload(0,2)`);
    storing.accept().send("aa").connected();
    const again = storing.accept().send("aa").connected();
    expect(again.take()[1]).toBe("connect 127.0.0.1:2");
    const table = storing.world.tables.get("in")!;
    expect(bindings(table, ["aa"], storing.nowMs)).toEqual({ aa: [2, "s2"] });
  });

  test("have no say in a table that a rule before has a key for", () => {
    const made = bench(`${TABLE}\n stick on req.payload(0,2)\n stick on req.payload(2,2)`);
    made.accept().send("aabb").connected();
    expect(made.accept().send("ddaa").connected().take()[1]).toBe("connect 127.0.0.1:2");
    const table = made.world.tables.get("in")!;
    expect(bindings(table, ["aa", "bb", "dd"], made.nowMs)).toEqual({
      aa: [1, "s1"],
      bb: undefined,
      dd: [2, "s2"],
    });
  });

  test("leave no trace of a `non-stick` server", () => {
    const made = bench(`${TABLE}\n stick on req.payload(0,2)`, "server s1 127.0.0.1:1 non-stick");
    made.accept().send("aa").connected();
    expect(made.world.tables.get("in")!.usedCount).toBe(0);
  });

  test("name the server by its address with `srvkey addr`", () => {
    const made = bench(`${TABLE} srvkey addr\n stick on req.payload(0,2)`);
    made.accept().send("aa").connected();
    const table = made.world.tables.get("in")!;
    expect(bindings(table, ["aa"], made.nowMs)).toEqual({ aa: [1, "127.0.0.1:1"] });
    expect(made.accept().send("aa").take()[1]).toBe("connect 127.0.0.1:1");
  });

  test("of a server that is down bind to its successor, which failures may replace at once", () => {
    const made = bench(`${TABLE}\n stick on req.payload(0,2)\n option redispatch`);
    made.accept().send("aa").connected();
    made.setUp("in/s1", false);
    const client = made.accept().send("aa");
    expect(client.take()[1]).toBe("connect 127.0.0.1:2");
    // Persistence did not choose it: no pause.
    client.refused();
    expect(client.take()).toEqual(["connect 127.0.0.1:3"]);
    client.connected();
    const table = made.world.tables.get("in")!;
    expect(bindings(table, ["aa"], made.nowMs)).toEqual({ aa: [3, "s3"] });
  });

  test("of a server that is down hold with `option persist`", () => {
    const made = bench(`${TABLE}\n stick on req.payload(0,2)\n option persist`);
    made.accept().send("aa").connected();
    made.setUp("in/s1", false);
    expect(made.accept().send("aa").take()[1]).toBe("connect 127.0.0.1:1");
  });

  test("wait for the bytes of the key", () => {
    const client = bench(`${TABLE}\n stick on req.payload(0,2)`).accept().send("a");
    expect(client.state).toBe("inspecting");
    expect(client.send("a").state).toBe("connecting");
  });

  test("store what the server says", () => {
    const made = bench(`${TABLE}\n stick store-response res.payload(0,2)`);
    const client = made.accept().send("ask").connected();
    client.answer("i");
    expect(client.state).toBe("answering");
    client.answer("id of mine");
    expect(client.state).toBe("relaying");
    const table = made.world.tables.get("in")!;
    expect(bindings(table, ["id"], made.nowMs)).toEqual({ id: [1, "s1"] });
  });
});

describe("balance hash", () => {
  test("waits for the bytes of its key", () => {
    const made = bench("balance hash req.payload(0,4)");
    const client = made.accept().send("abc");
    expect(client.state).toBe("inspecting");
    const chosen = client.send("d").take()[1];
    expect(made.accept().send("abcd").take()[1]).toBe(chosen);
  });
});

describe("pinned entries", () => {
  const text = `stick-table type string len 20 size 2 expire 1m
    #tandem option pin-stick-entries
    stick on req.payload(0,2)`;

  test("live as long as their sessions, however they end", () => {
    const made = bench(text);
    const table = made.world.tables.get("in")!;
    const ended = made.accept().send("aa").connected();
    const killed = made.accept().send("aa");
    made.advance(0);
    made.nowMs += 120_000;
    table.expire(made.nowMs, 100);
    expect(table.usedCount).toBe(1);
    killed.kill();
    ended.relayed();
    made.nowMs += 61_000;
    table.expire(made.nowMs, 100);
    expect(table.usedCount).toBe(0);
  });
});
