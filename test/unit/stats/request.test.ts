import { describe, expect, test } from "vitest";
import type { StatsSettings } from "../../../src/config/model/proxy.ts";
import type { MetricsSelection } from "../../../src/metrics/query.ts";
import type { ActionForm } from "../../../src/stats/action-form.ts";
import type { StatsAnswer } from "../../../src/stats/answer.ts";
import type { StatsRow } from "../../../src/stats/columns.ts";
import { csvHeader } from "../../../src/stats/csv.ts";
import { parseStatsOptions } from "../../../src/stats/options.ts";
import { answerStats, type StatsRequest } from "../../../src/stats/request.ts";
import type { RowSelection } from "../../../src/stats/rows.ts";
import { configurationOf } from "../session/bench.ts";

/** The settings of a page with these `stats` lines. */
function settingsOf(...lines: readonly string[]): StatsSettings {
  const text = ["listen page", "bind 127.0.0.1:8404", "mode http", "stats enable", ...lines];
  return configurationOf(text.join("\n")).proxies[0]!.stats!;
}

const ROW: StatsRow = {
  kind: "server",
  proxyId: 2,
  serverId: 1,
  cells: {
    pxname: "be",
    svname: "<b>1",
    status: "UP",
    mode: "tcp",
    scur: 3,
    last_chk: 'says "no", twice',
    check_status: "L4OK",
  },
};

/** What the page's surroundings allow and are asked to do. */
interface Deeds {
  readonly mayAct?: boolean;
  form?: ActionForm;
  metrics?: MetricsSelection;
}

/** Asks a page; `selections` gets what rows were asked for. */
function ask(
  settings: StatsSettings,
  request: Partial<StatsRequest> = {},
  selections: RowSelection[] = [],
  deeds: Deeds = {},
): StatsAnswer {
  return answerStats(
    {
      method: "GET",
      target: "/haproxy?stats",
      authorization: undefined,
      host: "lb1:8404",
      origin: undefined,
      referer: undefined,
      fetchSite: undefined,
      body: undefined,
      ...request,
    },
    settings,
    {
      process: {
        version: "Tandem 9.9",
        pid: 77,
        uptimeMs: 90_061_000,
        node: "lb1",
        description: "the <first>",
        maxconn: 100,
        connections: 5,
      },
      hasOwnColumns: false,
      rows: (selection) => {
        selections.push(selection);
        return [ROW];
      },
      mayAct: () => deeds.mayAct ?? false,
      act: (form) => {
        deeds.form = form;
        return "DONE";
      },
      metrics: (selection) => {
        deeds.metrics = selection;
        return ["a 1\n", "b 2\n"];
      },
    },
  );
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

describe("answerStats()", () => {
  test("answers the default URI with a page, and any URI that begins with it", () => {
    for (const target of [
      "/haproxy?stats",
      "/haproxy?statsmore",
      "http://lb1:8404/haproxy?stats",
    ]) {
      const answer = ask(settingsOf(), { target });
      expect(answer.status).toBe(200);
      expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
      expect(answer.body).toContain("Statistics Report for Tandem");
    }
  });

  test("passes on what is not for the page, which has no server", () => {
    const settings = settingsOf("stats uri /stats", "stats auth a:b");
    for (const target of ["/", "/stat", "/STATS", "", "*"]) {
      expect(ask(settings, { target })).toMatchObject({
        status: 503,
        reason: "Service Unavailable",
      });
    }
    for (const method of ["PUT", "DELETE", "OPTIONS", "get"]) {
      expect(ask(settings, { target: "/stats", method }).status).toBe(503);
    }
  });

  test("asks for an account, in HAProxy's realm unless there is another", () => {
    const settings = settingsOf("stats auth a:b");
    expect(ask(settings).headers["www-authenticate"]).toBe('Basic realm="HAProxy Statistics"');
    const named = ask(settingsOf("stats auth a:b", 'stats realm "my \\"own\\" place"'));
    expect(named.status).toBe(401);
    expect(named.headers["www-authenticate"]).toBe('Basic realm="my \\"own\\" place"');
    expect(named.body).not.toContain("be");
  });

  test("lets in every account by its own password only", () => {
    const settings = settingsOf(
      "stats auth ann:one",
      "stats auth bob:two:2",
      "stats auth ann:three",
    );
    const status = (authorization: string): number => ask(settings, { authorization }).status;
    expect(status(basic("ann:one"))).toBe(200);
    expect(status(basic("bob:two:2"))).toBe(200);
    expect(status(basic("ann:one").replace("Basic ", "bAsIc   "))).toBe(200);
    for (const wrong of ["ann:two:2", "bob:two", "ann:", "ann", ":", "", "eve:one", "eve:"]) {
      expect(status(basic(wrong)), wrong).toBe(401);
    }
    expect(status(basic("ann:three"))).toBe(401);
    expect(status(basic("ann:one").replace("Basic", "Bearer"))).toBe(401);
  });

  test("tells the version and the refresh only where the settings say so", () => {
    const plain = ask(settingsOf());
    expect(plain.body).toContain("Tandem 9.9");
    expect(plain.headers).not.toHaveProperty("refresh");
    expect(plain.body).not.toContain("http-equiv");
    const settings = settingsOf("stats hide-version", "stats refresh 5s");
    const refreshed = ask(settings);
    expect(refreshed.body).not.toContain("Tandem 9.9");
    expect(refreshed.headers["refresh"]).toBe("5");
    expect(refreshed.body).toContain('<meta http-equiv="refresh" content="5">');
    const still = ask(settings, { target: "/haproxy?stats;norefresh" });
    expect(still.headers).not.toHaveProperty("refresh");
    expect(still.body).not.toContain("http-equiv");
    const csv = ask(settings, { target: "/haproxy?stats;csv" });
    expect(csv.headers["refresh"]).toBe("5");
  });

  test("escapes whatever names and checks may hold", () => {
    const { body } = ask(settingsOf("stats show-desc", "stats show-node <node>"));
    expect(body).toContain("&#60;b&#62;1");
    expect(body).toContain("says &#34;no&#34;, twice");
    expect(body).toContain("the &#60;first&#62;");
    expect(body).toContain("on &#60;node&#62;");
    expect(body).not.toMatch(/<b>1|<first>|<node>/);
  });

  test("loads nothing from elsewhere and runs no script", () => {
    const answer = ask(settingsOf());
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(answer.body).not.toMatch(/<script|<link|<img|src=|url\(|https?:\/\//);
    expect(answer.body).toContain("prefers-color-scheme: dark");
  });

  test("asks for the rows that URL and settings select", () => {
    const selections: RowSelection[] = [];
    const settings = settingsOf("stats scope .", "stats scope be", "stats show-legends");
    ask(settings, { target: "/haproxy?stats;csv;up?scope=Sta" }, selections);
    ask(settingsOf(), { target: "/haproxy?stats;no-maint" }, selections);
    expect(selections).toEqual([
      {
        scope: ["page", "be"],
        search: "Sta",
        hideDown: true,
        hideMaintenance: false,
        legends: true,
      },
      { scope: [], search: "", hideDown: false, hideMaintenance: true, legends: false },
    ]);
  });

  test("serves CSV, JSON and the typed form", () => {
    const csv = ask(settingsOf(), { target: "/haproxy?stats;csv" });
    expect(csv.headers["content-type"]).toBe("text/plain");
    expect(csv.body.startsWith(`${csvHeader(false)}\nbe,<b>1,,,3,`)).toBe(true);
    const json = ask(settingsOf(), { target: "/haproxy?stats;json" });
    expect(json.headers["content-type"]).toBe("application/json");
    expect((JSON.parse(json.body) as object[][])[0]![2]).toEqual({
      objType: "Server",
      proxyId: 2,
      id: 1,
      field: { pos: 4, name: "scur" },
      processNum: 1,
      tags: { origin: "Metric", nature: "Gauge", scope: "Process" },
      value: { type: "u32", value: 3 },
    });
    const typed = ask(settingsOf(), { target: "/haproxy?stats;typed" });
    expect(typed.body.split("\n")[2]).toBe("S.2.1.4.scur.1:MGP:u32:3");
  });

  test("denies actions without 'stats admin'", () => {
    const denied = ask(settingsOf(), { method: "POST" });
    expect(denied).toMatchObject({ status: 303, body: "" });
    expect(denied.headers["location"]).toBe("/haproxy?stats;st=DENY");
    const back = ask(settingsOf(), { target: "/haproxy?stats;st=DENY" });
    expect(back.body).toContain("Denied");
    expect(ask(settingsOf("stats auth a:b"), { method: "POST" }).status).toBe(401);
  });

  test("hands metrics out at their path alone, before accounts are asked for", () => {
    const settings = settingsOf(
      "stats uri /s",
      "stats auth a:b",
      "http-request use-service prometheus-exporter if { path /metrics }",
    );
    const deeds: Deeds = {};
    const answer = ask(settings, { target: "/metrics?scope=global&no-maint" }, [], deeds);
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4");
    expect([...(answer.pieces ?? [])].join("")).toBe("a 1\nb 2\n");
    expect(deeds.metrics).toEqual({ scopes: new Set(["global"]), hideMaintenance: true });
    expect(ask(settings, { target: "/metrics?scope=peers" }).status).toBe(400);
    expect(ask(settings, { target: "/metrics2" }).status).toBe(503);
    expect(ask(settings, { target: "/s" }).status).toBe(401);
    const everywhere = settingsOf("http-request use-service prometheus-exporter");
    expect(ask(everywhere, { target: "/x" }).pieces).toBeDefined();
  });
});

describe("parseStatsOptions()", () => {
  test("finds options in any order and passes over unknown ones", () => {
    expect(parseStatsOptions(";norefresh;foo;up;csv")).toMatchObject({
      form: "csv",
      hideDown: true,
      noRefresh: true,
      hideMaintenance: false,
    });
  });

  test("prefers JSON to typed to CSV, as HAProxy does", () => {
    expect(parseStatsOptions(";csv;typed;json").form).toBe("json");
    expect(parseStatsOptions(";csv;typed").form).toBe("typed");
    expect(parseStatsOptions(";CSV").form).toBe("page");
    expect(parseStatsOptions(";json-schema").form).toBe("schema");
  });

  test("reads a scope to the next option, decoded, no longer than HAProxy's", () => {
    expect(parseStatsOptions("?scope=b%65&x=1").search).toBe("be");
    expect(parseStatsOptions(";scope=a+b;csv").search).toBe("a b");
    expect(parseStatsOptions("?scope=%zz").search).toBe("%zz");
    expect(parseStatsOptions(`?scope=${"x".repeat(100)}`).search).toBe("x".repeat(20));
  });
});
