// Readers of events over restarts of the process they read.
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { EventDraft } from "../../src/base/event.ts";
import { startControlServer } from "../../src/base/io/control-server.ts";
import { EventFeed } from "../../src/base/io/event-feed.ts";
import { EventFollower } from "../../src/base/io/event-follower.ts";
import { EventReader, type EventReading } from "../../src/base/io/event-reader.ts";
import { waitFor } from "../support/wait-for.ts";
import { endLater } from "../support/cleanup.ts";
import { tempDir } from "../support/temp.ts";

const BOUNDS = { clientsMax: 16, commandBytesMax: 256, commandMs: 5_000, readMs: 5_000 };

async function serve(file: string, answer: (request: object) => object | Promise<object>) {
  const server = await startControlServer(file, "test", new Map([["events", answer]]), BOUNDS);
  endLater(() => server.close());
  return server;
}

function draft(text: string): EventDraft {
  return { kind: "a.b", severity: "info", subject: "s", text };
}

function texts(reading: EventReading): string[] {
  return reading.kind === "events" ? reading.events.map(({ text }) => text) : [reading.failure];
}

async function all(reader: EventReader): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const reading = await reader.next();
    found.push(...texts(reading));
    if (reading.kind === "failure" || !reading.hasMore) return found;
  }
}

describe("EventReader", () => {
  test("gives each event once, and those of the next process from its first one", async () => {
    const file = path.join(tempDir(), "c.sock");
    const reader = new EventReader(file);
    expect(await all(reader)).toEqual(["absent"]);
    const first = new EventFeed("agent");
    const server = await serve(file, (request) => first.answer(request as never));
    first.add(draft("one"));
    first.add(draft("two"));
    expect(await all(reader)).toEqual(["one", "two"]);
    expect(await all(reader)).toEqual([]);
    const waiting = reader.next(10_000);
    first.add(draft("three"));
    expect(texts(await waiting)).toEqual(["three"]);
    await server.close();
    expect(await all(reader)).toEqual(["absent"]);
    const second = new EventFeed("agent", undefined, "another run");
    await serve(file, (request) => second.answer(request as never));
    second.add(draft("four"));
    expect(await all(reader)).toEqual(["four"]);
    expect(await all(reader)).toEqual([]);
  });

  test("reads page after page, and says what was lost", async () => {
    const file = path.join(tempDir(), "c.sock");
    const feed = new EventFeed("agent");
    await serve(file, (request) => feed.answer(request as never));
    for (let count = 0; count < 1_500; count += 1) feed.add(draft(String(count)));
    const reader = new EventReader(file);
    const first = await reader.next();
    expect(first).toMatchObject({ missedCount: 500, hasMore: true });
    const rest = await all(reader);
    expect([...texts(first), ...rest]).toEqual(
      Array.from({ length: 1_000 }, (_, at) => String(at + 500)),
    );
  });

  test.each([
    ["no page", {}],
    ["another kind of page", { source: "x", run: "r", latestSeq: 1, missedCount: 0, events: [] }],
    ["no list", { source: "agent", run: "r", latestSeq: 1, missedCount: 0, events: 1 }],
  ])("takes %s for a failure", async (_what, answer) => {
    const file = path.join(tempDir(), "c.sock");
    await serve(file, () => answer);
    expect(await new EventReader(file).next()).toMatchObject({ failure: "garbled" });
  });

  test("leaves out what is no event", async () => {
    const file = path.join(tempDir(), "c.sock");
    const good = { ...draft("good"), seq: 3, atMs: 1, source: "agent", cause: 5, data: { a: [] } };
    const events = [null, 1, {}, { ...good, seq: -1 }, { ...good, severity: "bad" }, good];
    await serve(file, () => ({ source: "agent", run: "r", latestSeq: 3, missedCount: 0, events }));
    const reading = await new EventReader(file).next();
    expect(reading).toMatchObject({ kind: "events", hasMore: false });
    expect(reading.kind === "events" && reading.events).toEqual([
      { ...draft("good"), seq: 3, atMs: 1, source: "agent", data: {} },
    ]);
  });
});

test("a follower that may not wait for events asks now and then, not all the time", async () => {
  const file = path.join(tempDir(), "c.sock");
  const feed = new EventFeed("agent");
  const askedMs: number[] = [];
  await serve(file, (request) => {
    askedMs.push(performance.now());
    // As when too many wait already.
    return feed.answer({ ...request, waitMs: 0 });
  });
  const over = new AbortController();
  const following = new EventFollower([[file]]).follow(() => undefined, over.signal);
  await waitFor(() => askedMs.length >= 4);
  over.abort();
  expect(askedMs[3]! - askedMs[0]!).toBeGreaterThan(600);
  await following;
});
