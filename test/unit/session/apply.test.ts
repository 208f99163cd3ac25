import { describe, expect, test } from "vitest";
import { ADMIN } from "../../../src/balance/admin.ts";
import { planListeners } from "../../../src/session/plan-listeners.ts";
import { Bench, configurationOf } from "./bench.ts";

const THREE = "server s1 127.0.0.1:1 maxconn 1\n server s2 127.0.0.1:2\n server s3 127.0.0.1:3";

function pair(options: { readonly bind?: string; readonly backend?: string } = {}): string {
  return `
    frontend in
      mode tcp
      bind ${options.bind ?? ":1883"}
      default_backend out
    backend out
      mode tcp
      timeout connect 1s
      ${options.backend ?? THREE}`;
}

describe("applyConfiguration() again", () => {
  test("keeps the counters and the sessions of names that stay", () => {
    const made = new Bench(pair());
    const client = made.accept().connected();
    const [frontend, backend, server] = [
      made.frontend("in"),
      made.backend("out"),
      made.server("out/s1"),
    ];
    made.apply(pair({ backend: `balance leastconn\n ${THREE}` }));
    expect(made.frontend("in")).toBe(frontend);
    expect(made.backend("out")).toBe(backend);
    expect(made.server("out/s1")).toBe(server);
    expect(backend.side.balance.algorithm).toBe("leastconn");
    expect(backend.counters.sessions).toMatchObject({ current: 1, total: 1 });
    client.relayed("client-closed", 3, 4);
    expect(backend.counters).toMatchObject({ bytesIn: 3, bytesOut: 4 });
    expect(server.served).toBe(0);
  });

  test("keeps what checks and administrators have said of servers", () => {
    const made = new Bench(pair());
    made.setUp("out/s1", false);
    made.dispatch(made.backend("out").balancer.setAdmin(made.server("out/s2"), "maint", 0));
    made.apply(pair({ backend: `${THREE} weight 5` }));
    expect(made.server("out/s1").operational).toBe("stopped");
    expect(made.server("out/s2").isInMaintenance()).toBe(true);
    expect(made.server("out/s3").userWeight).toBe(5);
  });

  test("keeps a table of the same type, and makes another of another type", () => {
    const table = (spec: string): string => pair({ backend: `stick-table ${spec}\n ${THREE}` });
    const made = new Bench(table("type ip size 10 expire 1m"));
    const first = made.world.tables.get("out");
    made.apply(table("type ip size 20 expire 2m"));
    expect(made.world.tables.get("out")).toBe(first);
    expect(first?.size).toBe(20);
    made.apply(table("type integer size 20"));
    expect(made.world.tables.get("out")).not.toBe(first);
    made.apply(pair());
    expect(made.world.tables.has("out")).toBe(false);
  });

  test("keeps the entries of a table, which stick as before", () => {
    const sticky = `stick-table type ip size 10 expire 1m\n stick on src\n ${THREE}`;
    const made = new Bench(pair({ backend: sticky }));
    made.accept(undefined, "10.0.0.7:1").connected().relayed();
    made.apply(pair({ backend: `balance leastconn\n ${sticky}` }));
    made.accept(undefined, "10.0.0.8:1").connected().relayed();
    expect(made.accept(undefined, "10.0.0.7:1").take()).toEqual(["connect 127.0.0.1:1"]);
  });

  test("lets go of the pins of a table that is gone without harm", () => {
    const made = new Bench(
      pair({ backend: `stick-table type ip size 10 expire 1m\n stick on src\n ${THREE}` }),
    );
    const client = made.accept().connected();
    made.apply(pair());
    client.relayed();
    expect(client.state).toBe("ended");
  });
});

describe("a removed server", () => {
  test("keeps its sessions to their end and takes no more", () => {
    const made = new Bench(pair());
    const client = made.accept().connected();
    const removed = made.server("out/s1");
    made.apply(pair({ backend: "server s2 127.0.0.1:2" }));
    expect(client.state).toBe("relaying");
    expect(made.accept().take()).toEqual(["connect 127.0.0.1:2"]);
    client.relayed("client-closed", 1, 1);
    expect(client.logged).toBe("out/s1 0/0/0 1 -- 0 0/0");
    expect(removed.served).toBe(0);
    expect(made.backend("out").balancer.counts().served).toBe(1);
  });

  test("fails an attempt under way like one that is down", () => {
    const made = new Bench(pair({ backend: `option redispatch\n ${THREE}` }));
    const client = made.accept();
    made.apply(pair({ backend: "option redispatch\n server s2 127.0.0.1:2" }));
    client.refused();
    // The only server left: there is a pause first.
    expect(client.state).toBe("pausing");
    made.advance(1_000);
    expect(client.take().at(-1)).toBe("connect 127.0.0.1:2");
  });

  test("sends those who waited for it elsewhere", () => {
    const used = `use-server s1 if TRUE\n ${THREE}`;
    const made = new Bench(pair({ backend: used }));
    made.accept().connected();
    const waiting = made.accept();
    expect(waiting.state).toBe("queued");
    made.apply(pair({ backend: "server s2 127.0.0.1:2" }));
    expect(waiting.take().at(-1)).toBe("connect 127.0.0.1:2");
  });
});

describe("a removed backend", () => {
  const gone =
    "frontend in\n mode tcp\n bind :1883\n default_backend b\nbackend b\n mode tcp\n" +
    "server s 127.0.0.1:9";

  test("serves who waits in it, and then nobody", () => {
    const made = new Bench(pair({ backend: "timeout queue 5s\n server s1 127.0.0.1:1 maxconn 1" }));
    const holder = made.accept().connected();
    const waiting = made.accept();
    const { balancer, counters } = made.backend("out");
    made.apply(gone);
    expect(made.world.backends.has("out")).toBe(false);
    expect(made.accept().take()).toEqual(["connect 127.0.0.1:9"]);
    holder.relayed();
    expect(waiting.take().at(-1)).toBe("connect 127.0.0.1:1");
    waiting.connected().relayed();
    expect(waiting.logged).toBe("out/s1 0/0/0 0 -- 0 0/1");
    expect(balancer.counts()).toMatchObject({ served: 0, queuedTotal: 0 });
    expect(counters.sessions.current).toBe(0);
  });

  test("lets go of who waits in it too long", () => {
    const made = new Bench(pair({ backend: "timeout queue 5s\n server s1 127.0.0.1:1 maxconn 1" }));
    made.accept().connected();
    const waiting = made.accept();
    made.apply(gone);
    made.advance(5_000);
    expect(waiting.record?.termination).toBe("sQ");
  });

  test("that comes back is another one", () => {
    const made = new Bench(pair());
    const client = made.accept().connected();
    made.apply(gone);
    made.apply(pair());
    expect(made.backend("out").counters.sessions.total).toBe(0);
    client.relayed();
    expect(made.backend("out").counters.sessions.current).toBe(0);
  });
});

describe("a frontend", () => {
  test("that is removed keeps its sessions to their end", () => {
    const made = new Bench(pair());
    const client = made.accept().connected();
    const { counters } = made.frontend("in");
    made.apply("listen other\n mode tcp\n bind :1\n server s 127.0.0.1:1");
    expect(made.world.frontends.has("in")).toBe(false);
    client.relayed();
    expect(client.state).toBe("ended");
    expect(counters.sessions.current).toBe(0);
  });

  test("does not move a session in its midst to other rules", () => {
    const rules = (text: string): string =>
      `listen in
         mode tcp
         timeout client 5s
         bind :1883
         tcp-request inspect-delay 2s
         ${text}
         server s 127.0.0.1:1`;
    const made = new Bench(
      rules(
        "tcp-request content accept if { req.payload(0,3) -m str yes }\n" +
          "tcp-request content reject if { req.len ge 3 }",
      ),
    );
    const client = made.accept().send("n");
    made.apply(rules("tcp-request content accept if { req.len gt 0 }"));
    expect(client.send("ope").record?.termination).toBe("PR");
    expect(made.accept().send("nope").state).toBe("connecting");
  });
});

describe("listeners", () => {
  const plan = (made: Bench, text: string): { open: string[]; close: number[] } => {
    const { open, close } = planListeners(made.world, configurationOf(text));
    return {
      open: open.map(({ key }) => key),
      close: close.map(({ listener }) => listener),
    };
  };

  test("that stay are neither opened nor closed", () => {
    const made = new Bench(pair({ bind: ":1883,:1884" }));
    expect(plan(made, pair({ bind: ":1884,:1885" }))).toEqual({
      open: ["0.0.0.0:1885"],
      close: [1],
    });
    const change = made.apply(pair({ bind: ":1884,:1885" }));
    expect(change.closed).toEqual([1]);
    expect([...made.world.listeners.keys()].sort()).toEqual(["0.0.0.0:1884", "0.0.0.0:1885"]);
  });

  test("may go to another frontend with their connections", () => {
    const made = new Bench(pair());
    const [listener] = made.world.listeners.values();
    const client = made.accept().connected();
    made.apply("listen other\n mode tcp\n bind :1883 accept-proxy\n server s 127.0.0.1:9");
    expect([...made.world.listeners.values()]).toEqual([listener]);
    expect(listener?.frontend.name).toBe("other");
    expect(made.accept("other").take()).toEqual(["inspect-client"]);
    client.relayed();
    expect(client.record?.frontend).toBe("in");
  });

  test("of the same address twice are both planned, so that the second one fails", () => {
    const made = new Bench(pair());
    const twice = `${pair()}\nlisten again\n mode tcp\n bind :1883\n server s 127.0.0.1:1`;
    expect(plan(made, twice).open).toEqual(["0.0.0.0:1883"]);
  });

  test("of proxies that relay nothing are not planned", () => {
    const made = new Bench(pair());
    const text = `${pair()}\nfrontend off\n mode tcp\n disabled\n bind :5\n default_backend out`;
    expect(plan(made, text).open).toEqual([]);
  });

  test("are opened with the settings of their line", () => {
    const configuration = configurationOf(
      `frontend in
         mode tcp
         maxconn 7777
         option clitcpka
         bind :1883
         bind :1884 backlog 5
         default_backend out
       backend out
         mode tcp`,
    );
    const { open } = planListeners(new Bench(pair({ bind: ":9" })).world, configuration);
    expect(open.map(({ spec }) => spec.backlog)).toEqual([7_777, 5]);
    expect(open[0]?.spec.socket.keepalive).toBe(true);
  });
});

describe("a server whose name has no address", () => {
  const text = pair({
    backend: "server s1 broker.invalid:1 init-addr none\n server s2 127.0.0.1:2",
  });

  test("is in maintenance until it gets one", () => {
    const made = new Bench(text);
    expect(made.server("out/s1").admin).toBe(ADMIN.resolveMaint);
    expect(made.accept().take()).toEqual(["connect 127.0.0.1:2"]);
    expect(made.accept().take()).toEqual(["connect 127.0.0.1:2"]);
    const address = { kind: "ip", family: 4, host: "127.0.0.9", port: 1 } as const;
    made.apply(text, {
      endpointOf: (server) => (server.address.kind === "name" ? address : server.address),
    });
    expect(made.server("out/s1").admin).toBe(0);
    const next = [made.accept(), made.accept()].flatMap((client) => client.take());
    expect(next).toContain("connect 127.0.0.9:1");
  });
});
