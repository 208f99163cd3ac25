import { describe, expect, test } from "vitest";
import { Bench } from "./bench.ts";

function bench(rules = "", servers = "server s1 127.0.0.1:1"): Bench {
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

const THREE = "server s1 127.0.0.1:1\n server s2 127.0.0.1:2\n server s3 127.0.0.1:3";

describe("a session that connects", () => {
  test("relays once the server has taken it", () => {
    const made = bench();
    const client = made.accept();
    made.advance(7);
    client.connected();
    expect(client.take()).toEqual(["connect 127.0.0.1:1", "relay"]);
    expect(client.session.nextTimeout()).toBeUndefined();
    made.advance(100);
    client.relayed("server-closed", 10, 20);
    expect(client.take()).toEqual(["log --", "ended"]);
    expect(client.logged).toBe("in/s1 0/7/107 20 -- 0 0/0");
  });

  test("without a server ends with SC", () => {
    const made = bench("", "");
    expect(made.accept().logged).toBe("in/<NOSRV> -1/-1/0 0 SC 0 0/0");
    expect(made.backend("in").counters.failedConnects).toBe(1);
  });

  test("without a usable server ends with SC", () => {
    const made = bench();
    made.setUp("in/s1", false);
    expect(made.accept().take()).toEqual(["close finish", "log SC", "ended"]);
  });

  test("tries a refusing server again after pauses, then ends with SC", () => {
    const made = bench("retries 2", THREE);
    const client = made.accept();
    expect(client.refused().state).toBe("pausing");
    made.advance(499);
    expect(client.state).toBe("pausing");
    made.advance(1);
    client.refused();
    made.advance(500);
    client.refused();
    expect(client.take()).toEqual([
      "connect 127.0.0.1:1",
      "inspect-client",
      "connect 127.0.0.1:1",
      "connect 127.0.0.1:1",
      "close finish",
      "log SC",
      "ended",
    ]);
    expect(client.logged).toBe("in/s1 0/-1/1000 0 SC 2 0/0");
    expect(made.server("in/s1").counters).toMatchObject({ total: 3, retries: 2, connectErrors: 1 });
    expect(made.backend("in").counters).toMatchObject({
      connects: 3,
      retries: 2,
      failedConnects: 1,
    });
    expect(made.server("in/s1").served).toBe(0);
  });

  test("goes to other servers at once with `option redispatch`", () => {
    const made = bench("option redispatch", THREE);
    const client = made.accept();
    for (let attempt = 0; attempt < 4; attempt++) client.refused();
    expect(client.take()).toEqual([
      "connect 127.0.0.1:1",
      "connect 127.0.0.1:2",
      "connect 127.0.0.1:3",
      "connect 127.0.0.1:1",
      "close finish",
      "log SC",
      "ended",
    ]);
    expect(client.logged).toBe("in/s1 0/-1/0 0 SC +3 0/0");
    expect(made.backend("in").counters).toMatchObject({ retries: 0, redispatches: 3 });
  });

  test("counts a redispatch to the same server as a retry, after a pause", () => {
    const made = bench("option redispatch\n retries 1");
    const client = made.accept();
    expect(client.refused().state).toBe("pausing");
    expect(made.server("in/s1").served).toBe(0);
    made.advance(500);
    expect(made.server("in/s1").served).toBe(1);
    client.refused();
    expect(client.logged).toBe("in/s1 500/-1/500 0 SC 1 0/0");
    expect(made.backend("in").counters).toMatchObject({ retries: 1, redispatches: 0 });
  });

  test("finds no server when the others went down while it paused", () => {
    const made = bench("option redispatch\n retries 1");
    const client = made.accept().refused();
    made.setUp("in/s1", false);
    made.advance(500);
    expect(client.logged).toBe("in/<NOSRV> 0/-1/500 0 SC 1 0/0");
  });

  test("holds on to a persisted server until the last retry", () => {
    const made = bench("option redispatch\n use-server s2 if TRUE", THREE);
    const client = made.accept().refused();
    made.advance(500);
    client.refused();
    made.advance(500);
    client.refused().refused();
    expect(client.take().filter((line) => line.startsWith("connect"))).toEqual([
      "connect 127.0.0.1:2",
      "connect 127.0.0.1:2",
      "connect 127.0.0.1:2",
      "connect 127.0.0.1:1",
    ]);
    expect(client.logged).toBe("in/s1 1000/-1/1000 0 SC +3 0/0");
    expect(made.server("in/s2").counters).toMatchObject({ retries: 2, redispatches: 1 });
  });

  test("abandons an attempt that times out and retries at once", () => {
    const made = bench("retries 1");
    const client = made.accept();
    made.advance(500);
    expect(client.take()).toEqual(["connect 127.0.0.1:1", "abandon-server", "connect 127.0.0.1:1"]);
    made.advance(500);
    expect(client.take()).toEqual(["abandon-server", "close finish", "log sC", "ended"]);
    expect(client.logged).toBe("in/s1 0/-1/1000 0 sC 1 0/0");
  });

  test("tells servers that observe traffic", () => {
    const made = bench(
      "retries 0",
      "server s1 127.0.0.1:1 check inter 1s observe layer4 error-limit 2 on-error mark-down",
    );
    expect(made.accept().refused().take()[1]).toBe("observed s1 failed");
    expect(made.accept().connected().take()[1]).toBe("observed s1 ok");
  });
});

describe("a client that leaves", () => {
  test.each([
    ["connecting", false],
    ["pausing", true],
  ])("without a word while %s ends the session with CC", (state, isRefused) => {
    const client = bench().accept();
    if (isRefused) client.refused();
    expect(client.state).toBe(state);
    client.finish();
    expect(client.take().slice(-3)).toEqual(["close finish", "log CC", "ended"]);
    expect(client.take()).toEqual([]);
  });

  test("after it has spoken is still served, unless `option abortonclose`", () => {
    const client = bench().accept();
    client.send("hello", true);
    expect(client.state).toBe("connecting");
    expect(client.connected().state).toBe("relaying");
    const aborted = bench("option abortonclose").accept();
    aborted.send("hello", true);
    expect(aborted.logged).toBe("in/s1 0/-1/0 0 CC 0 0/0");
  });

  test.each([
    ["connecting", false],
    ["pausing", true],
  ])("by a reset while %s ends it with CD and counts an abort", (state, isRefused) => {
    const made = bench();
    const client = made.accept();
    if (isRefused) client.refused();
    client.take();
    client.reset();
    expect(client.take()).toEqual([...(isRefused ? [] : ["abandon-server"]), "log CD", "ended"]);
    expect(made.backend("in").counters.clientAborts).toBe(1);
    expect(made.server("in/s1").counters.clientAborts).toBe(1);
  });
});

describe("a relay that ends", () => {
  test.each([
    ["client-closed", "--", {}],
    ["server-closed", "--", {}],
    ["client-error", "CD", { clientAborts: 1 }],
    ["client-timeout", "cD", { clientAborts: 1 }],
    ["server-error", "SD", { serverAborts: 1, failed: 1 }],
    ["server-timeout", "sD", { serverAborts: 1 }],
  ] as const)("by %s is logged as %s and counted", (end, termination, counted) => {
    const made = bench();
    const client = made.accept().connected();
    client.relayed(end, 5, 7);
    const {
      clientAborts = 0,
      serverAborts = 0,
      failed = 0,
    } = { ...counted } as {
      clientAborts?: number;
      serverAborts?: number;
      failed?: number;
    };
    expect(client.record?.termination).toBe(termination);
    const ofServer = { clientAborts, serverAborts, responseErrors: failed };
    expect(made.server("in/s1").counters).toMatchObject({ ...ofServer, bytesIn: 5, bytesOut: 7 });
    const ofBackend = { clientAborts, serverAborts, failedResponses: failed };
    expect(made.backend("in").counters).toMatchObject({ ...ofBackend, bytesIn: 5, bytesOut: 7 });
    expect(made.frontend("in").counters).toMatchObject({ bytesIn: 5, bytesOut: 7 });
  });
});

describe("a session", () => {
  test("counts where it is and was", () => {
    const made = bench();
    const client = made.accept();
    made.accept().connected();
    for (const gauge of [made.frontend("in"), made.backend("in")]) {
      expect(gauge.counters.sessions).toMatchObject({ current: 2, highest: 2, total: 2 });
    }
    expect(made.server("in/s1").served).toBe(2);
    expect(made.backend("in").sessions.get(made.server("in/s1"))?.size).toBe(2);
    client.kill();
    expect(made.frontend("in").counters.sessions).toMatchObject({ current: 1, highest: 2 });
    expect(made.backend("in").sessions.get(made.server("in/s1"))?.size).toBe(1);
  });

  test("tells the backend's last session when it connects, not when it ends", () => {
    const made = bench();
    const client = made.accept();
    made.advance(10);
    client.connected();
    made.advance(1_000);
    client.relayed();
    expect(made.backend("in").counters.lastSessionMs).toBe(1_000);
  });
});
