import { describe, expect, test } from "vitest";
import type { StatsSettings } from "../../../src/config/model/proxy.ts";
import { STATS_FORM_FIELD_BYTES_MAX } from "../../../src/limits.ts";
import { type ActionForm, parseActionForm } from "../../../src/stats/action-form.ts";
import type { StatsAnswer } from "../../../src/stats/answer.ts";
import type { StatsRow } from "../../../src/stats/columns.ts";
import {
  answerStats,
  needsBody,
  type StatsRequest,
  type StatsView,
} from "../../../src/stats/request.ts";
import { isSameOrigin } from "../../../src/stats/same-origin.ts";
import { configurationOf } from "../session/bench.ts";

const HOSTILE = `"><script>alert('1')</script>&`;

function row(kind: StatsRow["kind"], svname: string, proxyId = 4): StatsRow {
  const cells = { pxname: HOSTILE, svname, status: "UP", mode: "tcp" };
  return { kind, proxyId, serverId: 1, cells };
}

const ROWS = [
  row("frontend", "FRONTEND"),
  row("server", "b1"),
  row("server", HOSTILE),
  row("backend", "BACKEND"),
  row("frontend", "FRONTEND", 5),
];

function settingsOf(...lines: readonly string[]): StatsSettings {
  const text = ["listen page", "bind 127.0.0.1:8404", "mode http", "stats uri /s", ...lines];
  return configurationOf(text.join("\n")).proxies[0]!.stats!;
}

function viewOf(mayAct: boolean, forms: ActionForm[] = []): StatsView {
  return {
    process: {
      version: "Tandem 9.9",
      pid: 77,
      uptimeMs: 0,
      node: "lb1",
      description: undefined,
      maxconn: 100,
      connections: 5,
    },
    rows: () => ROWS,
    hasOwnColumns: false,
    mayAct: () => mayAct,
    act: (form) => {
      forms.push(form);
      return "PART";
    },
    metrics: () => [],
  };
}

function requestOf(fields: Partial<StatsRequest> = {}): StatsRequest {
  return {
    method: "POST",
    target: "/s",
    authorization: undefined,
    host: "lb1:8404",
    origin: undefined,
    referer: undefined,
    fetchSite: undefined,
    body: { text: "s=b1&action=drain&b=%234" },
    ...fields,
  };
}

function post(fields: Partial<StatsRequest> = {}, forms: ActionForm[] = []): StatsAnswer {
  return answerStats(requestOf(fields), settingsOf("stats refresh 5s"), viewOf(true, forms));
}

describe("actions of the page", () => {
  test("are passed on, and send the browser back with their outcome and its options", () => {
    const forms: ActionForm[] = [];
    expect(post({}, forms).headers["location"]).toBe("/s;st=PART");
    expect(forms).toEqual([{ servers: ["b1"], action: "drain", backend: "#4" }]);
    const options = post({ target: "/s;up;norefresh;st=DONE;scope=be" });
    expect(options).toMatchObject({ status: 303, reason: "See Other" });
    expect(options.headers["location"]).toBe("/s;st=PART;up;norefresh?scope=be");
    const hostile = post({ target: "/s;scope=%0d%0ax:%20y" });
    expect(hostile.headers["location"]).toBe("/s;st=PART");
  });

  test("are denied to clients whom no rule allows, and to pages of other sites", () => {
    const forms: ActionForm[] = [];
    const view = viewOf(false, forms);
    const denied = answerStats(requestOf(), settingsOf(), view);
    expect(denied.headers["location"]).toBe("/s;st=DENY");
    expect(needsBody(requestOf(), settingsOf(), view)).toBe(false);
    const foreign = { origin: "http://evil.example" };
    expect(post(foreign, forms).headers["location"]).toBe("/s;st=DENY");
    expect(needsBody(requestOf(foreign), settingsOf(), viewOf(true))).toBe(false);
    expect(forms).toEqual([]);
  });

  test("say when the form was too large or asked for nothing", () => {
    expect(post({ body: "exceeded" }).headers["location"]).toBe("/s;st=EXCD");
    expect(post({ body: { text: "" } }).headers["location"]).toBe("/s;st=NONE");
    expect(post({ body: undefined }).headers["location"]).toBe("/s;st=NONE");
  });

  test("need a body only where it will count", () => {
    const settings = settingsOf("stats auth a:b");
    expect(needsBody(requestOf(), settingsOf(), viewOf(true))).toBe(true);
    expect(needsBody(requestOf({ method: "GET" }), settingsOf(), viewOf(true))).toBe(false);
    expect(needsBody(requestOf(), settings, viewOf(true))).toBe(false);
    expect(needsBody(requestOf({ target: "/" }), settingsOf(), viewOf(true))).toBe(false);
  });
});

describe("controls of the page", () => {
  function page(mayAct: boolean, target = "/s"): string {
    return answerStats(requestOf({ method: "GET", target }), settingsOf(), viewOf(mayAct)).body;
  }

  test("are there for those who may act, where there are servers", () => {
    const body = page(true);
    expect(body.match(/<form method="post">/g)).toHaveLength(1);
    expect(body.match(/type="checkbox" name="s"/g)).toHaveLength(2);
    expect(body).toContain('<input type="hidden" name="b" value="#4">');
    expect(body).toContain('<option value="drain">');
    expect(page(false)).not.toMatch(/<form|checkbox|<select/);
  });

  test("hold no name as it is", () => {
    for (const body of [page(true), page(true, `/s;st=DONE;scope=${HOSTILE}`)]) {
      expect(body).not.toContain("<script");
      expect(body).toContain("&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;");
    }
  });

  test("tell how the last action has ended", () => {
    const texts = ["DONE", "NONE", "PART", "ERRP", "EXCD", "DENY", "UNKN"].map(
      (outcome) => /<p class="notice[^>]*>([^<]*)/.exec(page(true, `/s;st=${outcome}`))?.[1],
    );
    expect(new Set(texts).size).toBe(7);
    expect(texts).not.toContain(undefined);
    expect(page(true)).not.toContain('role="status"');
  });
});

describe("parseActionForm()", () => {
  test("finds fields in any order, decoded; the last action and backend count", () => {
    expect(parseActionForm("b=x&action=drain&s=a+b&x=y&s=%C3%A9&action=ready&b=be")).toEqual({
      servers: ["a b", "\u00e9"],
      action: "ready",
      backend: "be",
    });
  });

  test("tells what asks for nothing from what cannot be read", () => {
    for (const text of ["", "=&&&", "s=b1&action=ready", "s=b1&b=be", "action=ready&b=be"]) {
      expect(parseActionForm(text), text).toBe("NONE");
    }
    expect(parseActionForm("s=%zz&action=ready&b=be")).toBe("NONE");
    const longest = "x".repeat(STATS_FORM_FIELD_BYTES_MAX - 2);
    expect(parseActionForm(`s=${longest}&action=ready&b=be`)).toMatchObject({ action: "ready" });
    expect(parseActionForm(`s=${longest}x&action=ready&b=be`)).toBe("ERRP");
  });
});

describe("isSameOrigin()", () => {
  const NOTHING = { origin: undefined, referer: undefined, fetchSite: undefined };

  test("takes scripts, and pages of the host that was asked", () => {
    for (const headers of [
      { host: undefined },
      { host: "lb1:8404" },
      { host: "lb1:8404", origin: "http://LB1:8404" },
      { host: "lb1:80", origin: "http://lb1" },
      { host: "[::1]:8404", origin: "http://[::1]:8404" },
      { host: "lb1", origin: "https://lb1", fetchSite: "same-origin" },
      { host: "lb1", referer: "http://lb1/s;up?scope=x" },
    ]) {
      expect(isSameOrigin({ ...NOTHING, ...headers }), JSON.stringify(headers)).toBe(true);
    }
  });

  test("refuses every other page", () => {
    for (const headers of [
      { host: "lb1:8404", origin: "http://lb1:8405" },
      { host: "lb1:8404", origin: "http://lb1" },
      { host: "lb1", origin: "http://lb1.evil.example" },
      { host: "lb1", origin: "null" },
      { host: "lb1", origin: "" },
      { host: undefined, origin: "http://lb1" },
      { host: "lb1/x", origin: "http://evil@lb1.example" },
      { host: "lb1", referer: "http://evil.example/lb1" },
      { host: "lb1", origin: "http://evil.example", referer: "http://lb1/" },
      { host: "lb1", fetchSite: "cross-site" },
      { host: "lb1", fetchSite: "same-site" },
    ]) {
      expect(isSameOrigin({ ...NOTHING, ...headers }), JSON.stringify(headers)).toBe(false);
    }
  });
});
