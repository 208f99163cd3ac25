// Events over a control socket: pages, waiting for the next one, and what strangers send.
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { EventDraft, EventPage, NodeEvent } from "../../src/base/event.ts";
import { askControl } from "../../src/base/io/control-client.ts";
import { startControlServer } from "../../src/base/io/control-server.ts";
import { EVENT_BOUNDS, EVENT_PAGE_BYTES_MAX, EventFeed } from "../../src/base/io/event-feed.ts";
import { EventReader } from "../../src/base/io/event-reader.ts";
import { endLater } from "../support/cleanup.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const BOUNDS = { clientsMax: 16, commandBytesMax: 256, commandMs: 5_000, readMs: 5_000 };
const PATIENCE = { answerMs: 20_000, answerBytesMax: EVENT_PAGE_BYTES_MAX };
const DRAFT: EventDraft = { kind: "a.b", severity: "info", subject: "s", text: "t" };

async function serve(feed: EventFeed): Promise<string> {
  const file = path.join(tempDir(), "c.sock");
  const server = await startControlServer(
    file,
    "test",
    new Map([["events", (request: Readonly<Record<string, unknown>>) => feed.answer(request)]]),
    BOUNDS,
  );
  endLater(() => server.close());
  return file;
}

async function ask(file: string, details: Record<string, string | number>): Promise<EventPage> {
  const reply = await askControl(file, "events", PATIENCE, details);
  if (reply.kind === "failure") throw new Error(reply.text);
  return reply.value as unknown as EventPage;
}

describe("events at a control socket", () => {
  test("are told once, and given from a number on", async () => {
    const told: NodeEvent[] = [];
    const feed = new EventFeed("agent", (event) => told.push(event));
    const file = await serve(feed);
    feed.add(DRAFT);
    feed.add(DRAFT);
    expect(told.map(({ seq }) => seq)).toEqual([1, 2]);
    const page = await ask(file, { since: 1 });
    expect(page).toMatchObject({ source: "agent", latestSeq: 2, missedCount: 0 });
    expect(page.events.map(({ seq }) => seq)).toEqual([2]);
    expect(Math.abs(Date.now() - page.events[0]!.atMs)).toBeLessThan(60_000);
  });

  test("are waited for: the answer comes with the next one, those of one turn together", async () => {
    const feed = new EventFeed("guard");
    const file = await serve(feed);
    const waiting = ask(file, { since: 0, waitMs: 10_000 });
    // Another question that is answered says that the first one has arrived.
    await ask(file, {});
    feed.add(DRAFT);
    feed.add(DRAFT);
    expect((await waiting).events).toHaveLength(2);
  });

  test("those who wait get an answer at the end of their time", async () => {
    const file = await serve(new EventFeed("guard"));
    expect(await ask(file, { since: 0, waitMs: 20 })).toMatchObject({ events: [] });
  });

  test("who follows has all of them before the process ends, and others are not waited for", async () => {
    const feed = new EventFeed("agent");
    const file = await serve(feed);
    // Nobody has waited: what has been asked for without waiting follows nothing.
    await ask(file, {});
    await feed.handedOver(30_000);
    const reader = new EventReader(file);
    const told: number[] = [];
    const following = (async () => {
      for (;;) {
        const reading = await reader.next(10_000);
        if (reading.kind === "failure") return;
        told.push(...reading.events.map(({ seq }) => seq));
      }
    })();
    for (let count = 1; count <= 3; count += 1) {
      feed.add(DRAFT);
      await waitFor(() => told.length === count);
    }
    feed.add(DRAFT);
    setImmediate(() => feed.add(DRAFT));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await feed.handedOver(30_000);
    expect(told).toEqual([1, 2, 3, 4, 5]);
    void following;
  });

  test("so many may wait; the next one is answered at once", async () => {
    const feed = new EventFeed("guard");
    const file = await serve(feed);
    const waiting = Array.from({ length: EVENT_BOUNDS.waitersMax }, () =>
      ask(file, { since: 0, waitMs: 10_000 }),
    );
    await ask(file, {});
    expect(await ask(file, { since: 0, waitMs: 10_000 })).toMatchObject({ latestSeq: 0 });
    feed.add(DRAFT);
    for (const page of await Promise.all(waiting)) expect(page.events).toHaveLength(1);
  });

  test.each([{ since: -1 }, { since: 0.5 }, { since: "x" }, { since: 1e300 }, { waitMs: -5 }])(
    "take %j as 0",
    async (details) => {
      const feed = new EventFeed("agent");
      feed.add(DRAFT);
      expect((await ask(await serve(feed), details)).events).toHaveLength(1);
    },
  );

  test("a page has an end, however much was told", async () => {
    const feed = new EventFeed("agent");
    const file = await serve(feed);
    const long = "\u{1b}".repeat(10_000);
    for (let count = 0; count < 500; count += 1) feed.add({ ...DRAFT, text: long, cause: long });
    let since = 0;
    let got = 0;
    for (let page = await ask(file, {}); page.events.length > 0;) {
      got += page.events.length;
      since = page.events.at(-1)!.seq;
      page = await ask(file, { since });
    }
    expect(since).toBe(500);
    expect(got).toBeGreaterThan(50);
  });
});
