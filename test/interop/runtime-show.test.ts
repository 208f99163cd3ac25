// What HAProxy's and Tandem's stats sockets show of the same configuration after the same traffic.
import { beforeAll, describe, expect, test } from "vitest";
import { has } from "../support/programs.ts";
import { schemaCheck } from "../support/json-schema.ts";
import { waitFor } from "../support/wait-for.ts";
import { type RuntimeSide, startRuntimes } from "./runtime-harness.ts";
import { exchange, finish, parseCsv, startEcho } from "./stats-harness.ts";

const CLIENT_COUNT = 4;

let both: readonly [RuntimeSide, RuntimeSide];

beforeAll(async () => {
  if (!has("haproxy")) return;
  const echo = await startEcho();
  both = await startRuntimes(
    3,
    ([mqtt, page, peer]) => `
global
  maxconn 500
  localpeer me
  node lb1
  description interop
defaults
  mode tcp
  timeout connect 2s
  timeout client 30s
  timeout server 30s
resolvers dns1
  nameserver ns1 127.0.0.1:53
peers pair
  peer me 127.0.0.1:${peer}
  peer other 127.0.0.1:1
frontend fe
  option socket-stats
  bind 127.0.0.1:${mqtt}
  default_backend be
backend be
  stick-table type ip size 1k expire 30m store server_id,conn_cnt,conn_rate(10s),gpc0,gpt0
  stick on src
  server b1 127.0.0.1:${echo} weight 10 maxconn 20
  server b2 127.0.0.1:${echo} weight 5 disabled
  server b3 127.0.0.1:${echo} backup check inter 200ms
listen stats
  mode http
  bind 127.0.0.1:${page}
  stats enable
backend unused
  balance leastconn
  server x1 127.0.0.1:9 weight 256
`,
  );
  for (const side of both) {
    for (let i = 1; i <= CLIENT_COUNT; i++) {
      await finish(await exchange(side.ports[0]!, "hello"));
      // One at a time, so that the highest numbers are the same.
      await see(side, `\nbe,b1,0,0,0,1,20,${i},`);
    }
    await see(side, ",L4OK,");
  }
});

async function see(side: RuntimeSide, text: string): Promise<void> {
  let seen = "";
  await waitFor(
    async () => {
      seen = await side.ask("show stat");
      return seen.includes(text);
    },
    { what: () => `"${text}" of ${side.name} in\n${seen}` },
  );
}

/** Both answers to a line, made comparable. */
async function answers(line: string): Promise<readonly [string, string]> {
  const [ours, theirs] = [await both[1].ask(line), await both[0].ask(line)];
  return [plain(ours), plain(theirs)];
}

/** Without addresses in memory, ports, dates, paths and times that pass. */
function plain(text: string): string {
  return text
    .replaceAll(/0x[0-9a-f]+:/g, "0x:")
    .replaceAll(/exp=\d+/g, "exp=")
    .replaceAll(/\[\d\d\/[^\]]*\]/g, "[date]");
}

describe.skipIf(!has("haproxy"))("the stats socket, beside HAProxy's", () => {
  test("show info has the same fields, positions, tags and types", async () => {
    const shapes = (await answers("show info typed")).map((text) =>
      text.split("\n").map((line) => line.split(":").slice(0, 3).join(":")),
    );
    expect(shapes[0]).toEqual(shapes[1]);
    const names = (await answers("show info")).map((text) =>
      text.split("\n").map((line) => line.split(":")[0]),
    );
    expect(names[0]).toEqual(names[1]);
  });

  test("show info has the same values where they do not depend on the program", async () => {
    const [ours, theirs] = (await answers("show info")).map(
      (text) => new Map(text.split("\n").map((line) => line.split(": ") as [string, string])),
    ) as [Map<string, string>, Map<string, string>];
    const same = ["Name", "Nbthread", "Nbproc", "Process_num", "Maxconn", "CurrConns", "node"];
    for (const name of [...same, "description", "Stopping", "SessRateLimit"]) {
      expect([name, ours.get(name)]).toEqual([name, theirs.get(name)]);
    }
  });

  test.each(["show info json", "show info float json"])("%s has the same shape", async (line) => {
    type Field = Record<"field" | "tags", unknown> & { readonly value: { readonly type: string } };
    const [info, infoOfHaproxy] = (await answers(line)).map((text) =>
      (JSON.parse(text) as Field[]).map(({ field, tags, value: { type } }) => {
        return { field, tags, type };
      }),
    );
    expect(info).toEqual(infoOfHaproxy);
  });

  test.each(["show info json", "show info float json", "show stat json"])(
    "%s of both follows our schema",
    async (line) => {
      const follows = schemaCheck(await both[1].ask("show schema json"));
      for (const text of await answers(line)) expect(follows(JSON.parse(text))).toBe("");
    },
  );

  test("show stat has the same columns, and the same counters after the same traffic", async () => {
    const [ours, theirs] = (await answers("show stat")) as [string, string];
    expect(ours.split("\n")[0]).toBe(theirs.split("\n")[0]);
    const [rows, rowsOfHaproxy] = [parseCsv(ours.trimEnd()), parseCsv(theirs.trimEnd())];
    expect([...rows.keys()]).toEqual([...rowsOfHaproxy.keys()]);
    const columns =
      "qcur qmax scur smax slim stot bin bout econ eresp wretr wredis status weight act bck iid sid lbtot type mode algo uweight addr";
    for (const [row, cells] of rows) {
      for (const column of columns.split(" ")) {
        const value = cells.get(column)!.replace(/:\d+$/, "");
        const expected = rowsOfHaproxy.get(row)!.get(column)!.replace(/:\d+$/, "");
        expect(`${row} ${column} ${value}`).toBe(`${row} ${column} ${expected}`);
      }
    }
  });

  test.each([
    ...["be 4 1", "fe 1 -1", "-1 2 -1", "-1 7 0", "3 8 -1", "be 7 2 typed"],
    ...["fe 8 -1", "fe 9 1", "fe 9 2", "-1 -1 1 typed"],
  ])("show stat %s selects the same rows", async (words) => {
    const [ours, theirs] = (await answers(`show stat ${words}`)).map((text) =>
      text.split("\n").map((line) => line.split(/[,:]/).slice(0, 2).join()),
    );
    expect(ours).toEqual(theirs);
  });

  test.each(["up", "no-maint"])("show stat %s hides the same servers", async (word) => {
    const [ours, theirs] = (await answers(`show stat ${word}`)).map((text) =>
      text.split("\n").map((line) => line.split(",").slice(0, 2).join()),
    );
    expect(ours).toEqual(theirs);
  });

  test("show peers tells that a peer cannot be reached", async () => {
    for (const side of both) {
      const other =
        /id=other\(remote,\w+\) addr=127.0.0.1:1 last_status=CONN .*\n.* new_conn=[1-9]/;
      await waitFor(async () => other.test(await side.ask("show peers")), {
        what: `an attempt of ${side.name}`,
      });
    }
  });

  test("show stat json has the same cells", async () => {
    const [ours, theirs] = (await answers("show stat json")).map((text) =>
      (JSON.parse(text) as Record<string, unknown>[][]).map((row) =>
        row.map(({ objType, proxyId, id, field, tags }) => ({ objType, proxyId, id, field, tags })),
      ),
    );
    expect(ours).toEqual(theirs);
  });

  // Whole answers that are the same.
  test.each([
    "show backend",
    "show cli level",
    "show table",
    "show table be",
    "show table be key 127.0.0.1",
    "show table be key 127.0.0.2",
    "show table be data.server_id eq 1",
    "show table be data.server_id gt 1",
    "show table be data.gpc0 eq 0 data.server_id ge 1",
    "show table none",
    "show table be foo",
    "show table be key",
    "show table be data.foo gt 1",
    "show table be data.gpc1 gt 1",
    "show table be data.gpc0 is 1",
    "show table be data.gpc0 gt",
    "show table be data.server_key eq b1",
    "show servers conn none",
    "show errors",
    "show errors none",
    "show sess 0x7f0000000000",
    "show peers none",
    "show stat none 1 -1",
    "show env HOME",
    "show env NO_SUCH_VARIABLE",
    "show resolvers none",
    "show resolvers dns1",
    "set severity-output number; show table none; show cli level",
    "set severity-output string; show table none",
    "set severity-output",
    "operator; show cli level; show errors",
    "user; show cli level; show env HOME; show sess; operator; show errors",
    "expert-mode",
    "help show info",
    "help show stat",
    "show servers",
    "show cli",
    "prompt; show cli level; prompt",
  ])("%s", async (line) => {
    const [ours, theirs] = await answers(line);
    expect(ours).toBe(theirs);
  });

  test("show servers state and show servers conn", async () => {
    const [ours, theirs] = (await answers("show servers state")).map((text) =>
      // Times pass, and a server in maintenance that is not checked has no health to agree about.
      text.split("\n").map((line) => line.split(" ").filter((_word, at) => at !== 9 && at !== 12)),
    );
    expect(ours).toEqual(theirs);
    const [conns, connsOfHaproxy] = (await answers("show servers conn")).map((text) =>
      text.split("\n").map((line) => line.split(" ").slice(0, 6)),
    );
    expect(conns).toEqual(connsOfHaproxy);
  });

  test("show sess names a session by its ends", async () => {
    for (const side of both) {
      const client = await exchange(side.ports[0]!, "hello");
      const text = await side.ask("show sess");
      const source = `127.0.0.1:${client.localPort!}`;
      const line = text.split("\n").find((each) => each.includes(`src=${source} `))!;
      expect(line).toMatch(
        /^0x[0-9a-f]+: proto=tcpv4 src=\S+ fe=fe be=be srv=b1 ts=\w+ epoch=\w+ age=\w+ calls=\d+ rate=\d+ cpu=\d+ lat=\d+ rq\[f=\w+,i=0,an=00h,rx=\w*,wx=\w*,ax=\w*\] rp\[[^\]]+\] scf=\[8,\w+,fd=-?\d+\] scb=\[8,\w+,fd=-?\d+\] exp=\w* rc=\d+ c_exp=\w*$/,
      );
      const details = await side.ask(`show sess ${line.split(":")[0]!}`);
      expect(details).toContain(`source=${source}`);
      expect(details).toContain("  frontend=fe (id=2 mode=tcp)");
      expect(details).toContain("  server=b1 (id=1)");
      await finish(client);
    }
  });

  test("the form of show version, activity, pools and the list of sockets", async () => {
    for (const side of both) {
      expect(await side.ask("show version")).toMatch(/^2\.6\.12-\S+\n\n$/);
      expect(await side.ask("show activity")).toMatch(
        /^thread_id: 1 \(1\.\.1\)\ndate_now: \d+\.\d{6}\n/,
      );
      expect(await side.ask("show pools")).toMatch(
        /\nTotal: \d+ pools, \d+ bytes allocated, \d+ used/,
      );
      expect(await side.ask("show cli sockets")).toBe(
        `# socket lvl processes\nunix@${side.socketPath} admin all\n\n`,
      );
    }
  });
});
