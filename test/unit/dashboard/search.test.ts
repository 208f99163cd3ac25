import { describe, expect, test } from "vitest";
import { searchSessions } from "../../../src/dashboard/search.ts";
import type { SearchPage, SessionView } from "../../../src/dashboard/document.ts";
import type { Session } from "../../../src/session/session.ts";

/** As much of a session as a search looks at. */
function session(id: number): Session {
  const source = { kind: "ip", family: 4, host: "10.0.0.1", port: id % 60_000 };
  const context = {
    id,
    client: { clientId: `Meter-${id}`, username: undefined },
    source,
    frontend: { name: id % 2 === 0 ? "even" : "odd" },
    backend: { name: "be" },
    server: { name: `s${id % 200}` },
    wallMs: 0,
  };
  const log = { bytesToServer: 1, bytesToClient: 2 };
  return { context, log, stateName: "relaying" } as unknown as Session;
}

const SESSIONS = Array.from({ length: 20_000 }, (_, id) => session(id));

function search(text: string, from = 0, isSeen = (_proxy: string): boolean => true) {
  const pieces = [...searchSessions({ sessions: () => SESSIONS, isSeen }, { text, from })];
  return { pieces, page: JSON.parse(pieces.join("")) as SearchPage<SessionView> };
}

describe("a search of 20,000 sessions", () => {
  test("finds by client id, server and address, in any case of the letters", () => {
    expect(search("METER-19999").page.rows.map(({ id }) => id)).toEqual([19_999]);
    expect(search("be/s77").page.rows).toHaveLength(50);
    expect(search("10.0.0.1:1234").page.rows[0]?.id).toBe(1_234);
  });

  test("goes through all in pages, each session once", () => {
    const seen: number[] = [];
    let from: number | null = 0;
    while (from !== null) {
      const { page } = search("meter-1234", from);
      seen.push(...page.rows.map(({ id }) => id));
      from = page.next;
    }
    expect(seen).toEqual([1_234, ...Array.from({ length: 10 }, (_, index) => 12_340 + index)]);
    expect(search("be/s7").page.next).not.toBeNull();
  });

  test("looks at no more than 2,000 in one turn", () => {
    expect(search("no such device").pieces.filter((piece) => piece === "")).toHaveLength(10);
  });

  test("shows nothing of proxies that the page may not show", () => {
    const { page } = search("", 0, (proxy) => proxy === "odd");
    expect(new Set(page.rows.map(({ frontend }) => frontend))).toEqual(new Set(["odd"]));
  });
});
