// Whatever the arguments of a command are, it answers, and the balancer goes on.
import fc from "fast-check";
import { expect, test } from "vitest";
import { readServersState } from "../../src/runtime/server-state/read.ts";
import { restoreServers } from "../../src/runtime/server-state/restore.ts";
import { CHANGING_COMMANDS, RuntimeBench } from "../unit/runtime/operations/bench.ts";

const CONFIG = `
defaults
  timeout connect 1s
frontend fe
  bind 127.0.0.1:1883
  maxconn 100
  default_backend be
backend be
  balance roundrobin
  option redispatch
  stick-table type string len 8 size 100 expire 30m store conn_cnt,conn_rate(10s),gpc(2)
  server b1 10.0.0.1:1883 weight 10 maxconn 2 slowstart 5s
  server b2 10.0.0.2:1883 check inter 1s agent-check agent-port 9
  server b3 10.0.0.3:1883 track b2
  server b4 broker.example:1883 backup
`;

const WORDS = [
  ...[
    "be/b1",
    "be/b2",
    "be/b3",
    "be/b4",
    "be/n1",
    "be/n2",
    "be/#1",
    "#3/#2",
    "/",
    "be/",
    "fe",
    "be",
  ],
  ...["state", "maint", "drain", "ready", "weight", "50%", "-1", "256", "999999999999999999999"],
  ...[
    "addr",
    "10.0.0.9",
    "::1",
    "*",
    "port",
    "+5",
    "0",
    "70000",
    "health",
    "up",
    "down",
    "stopping",
  ],
  ...["agent", "agent-addr", "agent-port", "agent-send", "check-addr", "check-port", "fqdn", "ssl"],
  ...["10.0.0.7:1", "check", "enabled", "track", "b2", "id", "'", '"', "\\", "$HOME", "#", "tls"],
  ...["key", "k", "data.gpc", "data.conn_cnt", "data.server_key", "eq", "gt", "1", "global"],
  ...["connections", "sessions", "cli", "all", "0x1", "source", "inter", "backup", "maxconn"],
];

const word = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }).map((text) => text.replace(/ /g, "_")) },
);

const command = fc
  .tuple(
    fc.constantFrom(...CHANGING_COMMANDS.map(({ words }) => words.join(" "))),
    fc.array(word, { maxLength: 7 }),
  )
  .map(([name, words]) => [name, ...words].join(" "));

test("any arguments are answered", () => {
  fc.assert(
    fc.property(fc.array(command, { minLength: 1, maxLength: 40 }), (lines) => {
      const bench = new RuntimeBench(CONFIG);
      for (const line of lines) {
        expect(typeof bench.ask(line)).toBe("string");
        bench.accept();
        bench.advance(100);
      }
      for (const client of bench.clients.values()) if (client.state !== "ended") client.reset();
      for (const server of bench.backend("be").balancer.servers) {
        expect(server.served).toBe(0);
        expect(server.queued).toBe(0);
      }
      const state = readServersState(bench.ask("show servers state"));
      expect(state.problems).toEqual([]);
      const other = new RuntimeBench(CONFIG);
      other.run(restoreServers(state.servers, other.configuration, other, other.nowMs));
    }),
    { numRuns: 200 },
  );
});

test("any file of server states is read", () => {
  const line = fc.array(fc.oneof(word, fc.constantFrom("1", "0", "-", "be", "b1")), {
    maxLength: 30,
  });
  const lines = fc.array(
    line.map((words) => words.join(" ")),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(lines, (body) => {
      const { servers } = readServersState(`1\n${body.join("\n")}`);
      const bench = new RuntimeBench(CONFIG);
      bench.run(restoreServers(servers, bench.configuration, bench, bench.nowMs));
    }),
    { numRuns: 300 },
  );
});
