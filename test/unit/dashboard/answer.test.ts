import { describe, expect, test } from "vitest";
import { answerDashboard, type DashboardView } from "../../../src/dashboard/answer.ts";
import type { LiveDocument } from "../../../src/dashboard/document.ts";
import type { LiveQuestion } from "../../../src/dashboard/live.ts";
import type { StatsSettings } from "../../../src/config/model/proxy.ts";
import { parseStatsOptions } from "../../../src/stats/options.ts";

const SETTINGS = { uri: '/s"<', auth: [], scope: [] } as unknown as StatsSettings;

function ask(
  text: string,
  { mayAct = true, settings = SETTINGS, ifNoneMatch = undefined as string | undefined } = {},
): ReturnType<typeof answerDashboard> & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const file = { type: "t", text: "file", etag: '"tag"' };
  const view: DashboardView = {
    mayAct,
    files: { "dashboard.js": file, "dashboard.css": file },
    live: (question: LiveQuestion) => {
      asked.push(question);
      return {} as LiveDocument;
    },
    sessions: (...query) => {
      asked.push(query);
      return [];
    },
    entries: (...query) => {
      asked.push(query);
      return query[0] === "t;1" ? [] : undefined;
    },
  };
  const request = { ifNoneMatch, title: "<title>" };
  return { ...answerDashboard(parseStatsOptions(text), settings, view, request), asked };
}

describe("answers of the dashboard", () => {
  test("the page names its files at the page's own URL, escaped, under a strict policy", () => {
    const { body, headers } = ask("");
    expect(body).toContain('src="/s&#34;&#60;;dashboard.js"');
    expect(body).toContain("&#60;title&#62;");
    expect(body).not.toContain('/s"<');
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self';/);
  });

  test("a file that the browser has is not sent again", () => {
    expect(ask(";dashboard.js").body).toBe("file");
    for (const tag of ['"tag"', 'W/"tag"', '"other", "tag"']) {
      expect(ask(";dashboard.css", { ifNoneMatch: tag }).status).toBe(304);
    }
    expect(ask(";dashboard.css", { ifNoneMatch: '"other"' }).status).toBe(200);
  });

  test("parameters are read as they were written", () => {
    const { asked } = ask(";live;run=1-2;since=77");
    expect(asked).toMatchObject([{ run: "1-2", since: 77, mayAct: true, maySearch: true }]);
    const text = "a;b&c=d/é<";
    const q = encodeURIComponent(text);
    expect(ask(`;sessions;q=${q};from=9`).asked).toEqual([[{ text, from: 9 }, []]]);
    expect(ask(`;entries;table=t%3B1;q=${q};from=-1`).asked).toEqual([["t;1", { text, from: 0 }]]);
    expect(ask(";entries;table=other").status).toBe(404);
  });

  test("names of devices are for those who have an account or may act, within the scope", () => {
    for (const form of [";sessions;q=", ";entries;table=t%3B1"]) {
      expect(ask(form, { mayAct: false }).status).toBe(403);
      const auth = [{ user: "u", password: "p" }];
      const settings = { ...SETTINGS, auth } as unknown as StatsSettings;
      expect(ask(form, { mayAct: false, settings }).status).toBe(200);
    }
    const settings = { ...SETTINGS, scope: ["be"] } as unknown as StatsSettings;
    expect(ask(";entries;table=t%3B1", { settings }).status).toBe(404);
    expect(ask(";sessions;q=", { settings }).asked).toEqual([[{ text: "", from: 0 }, ["be"]]]);
  });

  test("HAProxy's options lead to HAProxy's page", () => {
    const forms = [";up", ";norefresh", ";st=DONE", "?scope=a", ";table", ";lively", ";csv;live"];
    const found = forms.map((text) => parseStatsOptions(text).form);
    expect(found).toEqual(["page", "page", "page", "page", "page", "page", "csv"]);
  });
});
