import { describe, expect, test } from "vitest";
import { RuntimeBench } from "./bench.ts";

const CONFIG = `
defaults
  timeout connect 1s
listen be
  bind 127.0.0.1:1883
  balance roundrobin
  server b1 10.0.0.1:1883 weight 10
  server b2 10.0.0.2:1883 check inter 1s agent-check agent-port 9
backend other
  balance static-rr
  server s1 10.0.0.9:1883 track be/b2
`;

describe("addresses", () => {
  test("new connections go to the new address, old ones stay", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("disable server be/b2");
    const old = bench.accept().connected();
    expect(bench.ask("set server be/b1 addr 10.0.0.7 port 1999")).toBe(
      "IP changed from '10.0.0.1' to '10.0.0.7', port changed from '1883' to '1999' by 'stats socket command'",
    );
    expect(old.state).toBe("relaying");
    expect(bench.accept().take().join("\n")).toContain("10.0.0.7:1999");
    expect(bench.ask("set server be/b1 addr 10.0.0.7 port 1999")).toBe(
      "no need to change the addr, no need to change the port by 'stats socket command'",
    );
  });

  test("a reload brings the address of the file back, and keeps maintenance", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set server be/b1 addr 10.0.0.7");
    bench.ask("set server be/b2 state maint");
    bench.reload(CONFIG);
    expect(bench.accept().take().join("\n")).toContain("10.0.0.1:1883");
    expect(bench.state("be/b2")).toBe("stopped 1");
  });

  test("checks and agents are sent elsewhere", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set server be/b2 check-addr 10.0.0.8 port 81");
    bench.ask("set server be/b2 agent-addr 10.0.0.9 port 82");
    bench.ask("set server be/b2 agent-send hello");
    expect(bench.server("be/b2").spec).toMatchObject({
      check: { host: "10.0.0.8", port: 81 },
      agent: { host: "10.0.0.9", port: 82, send: "hello" },
    });
    bench.ask("set server be/b2 check-port 0");
    expect(bench.server("be/b2").spec.check?.port).toBeUndefined();
    expect(bench.ask("set server be/b1 check-port 5")).toBe(
      "health checks are not enabled on this server",
    );
    expect(bench.ask("set server be/b2 check-addr foo")).toBe("invalid addr 'foo'");
    expect(bench.ask("set server be/b2 check-port 70000")).toBe("provided port is invalid");
  });

  test("a relative port needs a check with a port of its own", () => {
    const bench = new RuntimeBench(CONFIG);
    expect(bench.ask("set server be/b1 addr 10.0.0.1 port +5")).toContain(
      "can't change <port> to port map",
    );
    bench.ask("set server be/b2 check-port 81");
    expect(bench.ask("set server be/b2 addr 10.0.0.2 port +5")).toBe(
      "no need to change the addr, port changed from '1883' to '+5' by 'stats socket command'",
    );
  });
});

describe("load", () => {
  test("weights are absolute or of the configured one", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set server be/b1 weight 50%");
    expect(bench.ask("get weight be/b1")).toBe("5 (initial 10)");
    bench.ask("set weight be/b1 200");
    expect(bench.ask("get weight be/b1", "user")).toBe("200 (initial 10)");
    expect(bench.ask("set server other/s1 weight 5")).toContain("static LB algorithm");
    expect(bench.ask("set server be/b1 weight 5x")).toBe("Trailing garbage in weight string");
  });

  test("a limit that is raised lets the next one in", () => {
    const bench = new RuntimeBench(CONFIG.replace("weight 10", "maxconn 1"));
    bench.ask("disable server be/b2");
    bench.accept().connected();
    const second = bench.accept();
    expect(second.state).toBe("queued");
    expect(bench.ask("set maxconn server be/b1 2")).toBe("");
    expect(second.state).toBe("connecting");
    expect(bench.ask("set maxconn server be/b1 x")).toBe(
      "maxconn string empty or preceded by garbage",
    );
  });
});

describe("add server and del server", () => {
  test("a server comes in maintenance, takes its share, and goes once it is empty", () => {
    const bench = new RuntimeBench(CONFIG);
    expect(bench.ask("add server be/n1 10.0.0.5:1883 weight 3 check inter 1s")).toBe(
      "New server registered.",
    );
    expect(bench.state("be/n1")).toBe("stopped 1");
    expect(bench.monitor.statusOf("be/n1")?.check?.enabled).toBe(false);
    bench.ask("disable server be/b1");
    bench.ask("disable server be/b2");
    bench.ask("enable server be/n1");
    const client = bench.accept();
    expect(client.take().join("\n")).toContain("10.0.0.5:1883");
    client.connected();
    expect(bench.ask("del server be/n1")).toBe("Only servers in maintenance mode can be deleted.");
    bench.ask("disable server be/n1");
    expect(bench.ask("del server be/n1")).toBe(
      "Server still has connections attached to it, cannot remove it.",
    );
    client.relayed();
    expect(bench.ask("del server be/n1")).toBe("Server deleted.");
    expect(bench.ask("get weight be/n1")).toBe("No such server.");
    expect(bench.monitor.statusOf("be/n1")).toBeUndefined();
  });

  test("nobody who waits is sent to a server before it is enabled", () => {
    const bench = new RuntimeBench(CONFIG.replace("weight 10", "maxconn 1"));
    bench.ask("disable server be/b2");
    bench.accept().connected();
    const second = bench.accept();
    bench.ask("add server be/n1 10.0.0.5:1883");
    expect(second.state).toBe("queued");
    bench.ask("enable server be/n1");
    expect(second.state).toBe("connecting");
  });

  test("ids are the lowest that are free, or the given ones", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("add server be/n1 10.0.0.5:1 id 4");
    bench.ask("add server be/n2 10.0.0.5:1");
    bench.ask("add server be/n3 10.0.0.5:1");
    expect(["n1", "n2", "n3"].map((name) => bench.server(`be/${name}`).id)).toEqual([4, 3, 5]);
    expect(bench.ask("add server be/n4 10.0.0.5:1 id 4")).toMatch(
      /^'id' : custom id 4 already used at/,
    );
  });

  test.each([
    ["add server be/b1 10.0.0.5:1", "Already exists a server with the same name in backend."],
    ["add server be/n1", "'server' expects <name> and <addr>[:<port>] as arguments."],
    ["add server bx/n1 10.0.0.5:1", "No such backend."],
    [
      "add server other/n1 10.0.0.5:1",
      "Backend must use a dynamic load balancing to support dynamic servers.",
    ],
    ["add server be/n1 10.0.0.5:1 bogus", "unknown keyword 'bogus'."],
    [
      "add server be/n1 10.0.0.5:1 resolvers x",
      "'resolvers' option is not accepted for dynamic server",
    ],
    ["add server be/n1 10.0.0.5:99999", "invalid port '99999'"],
    ["add server be/n1 10.0.0.5:1-5", "port range not permitted here in '10.0.0.5:1-5'"],
    ["add server be/n! 10.0.0.5:1", "character '!' is not permitted in server name 'n!'."],
    [
      "add server be/n1 example.org:1",
      "'example.org' : names are resolved at start and reload, give an address here.",
    ],
    [
      "add server be/n1 10.0.0.5:1 track be/nope",
      "unable to find required server 'nope' for tracking.",
    ],
    [
      "del server be/b2",
      "This server cannot be removed at runtime due to other configuration elements pointing to it.",
    ],
    ["del server be/b1", "Only servers in maintenance mode can be deleted."],
  ])("%s: %s", (line, answer) => {
    expect(new RuntimeBench(CONFIG).ask(line)).toBe(answer);
  });

  test("may track, and follows at once", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("add server be/n1 10.0.0.5:1 track b2 enabled");
    bench.ask("set server be/b2 health down");
    expect(bench.state("be/n1")).toBe("stopped 0");
  });

  test("a reload has the servers of the file again", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("add server be/n1 10.0.0.5:1 enabled");
    bench.ask("disable server be/b1");
    bench.ask("del server be/b1");
    bench.reload(CONFIG);
    expect(bench.backend("be").balancer.servers.map(({ name }) => name)).toEqual(["b1", "b2"]);
    expect(bench.state("be/b1")).toBe("running 0");
  });
});
