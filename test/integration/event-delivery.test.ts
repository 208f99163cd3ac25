// Webhooks against servers that are well, refuse, are away, and hang.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import type { NodeEvent } from "../../src/base/event.ts";
import { type DeliveryListener, EventDelivery } from "../../src/base/io/event-delivery.ts";
import { webhook } from "../../src/base/io/webhook.ts";
import { endLater } from "../support/cleanup.ts";
import { waitFor } from "../support/wait-for.ts";

const PACE = { queueMax: 10, batchMax: 4, pauseMs: 10, pauseMsMax: 40, triesMax: Infinity };

interface Body {
  readonly droppedCount: number;
  readonly events: readonly NodeEvent[];
}

function event(seq: number): NodeEvent {
  return {
    seq,
    atMs: seq,
    source: "agent",
    kind: "vrrp.master",
    severity: "notice",
    subject: "V",
    text: "t",
  };
}

function events(from: number, count: number): NodeEvent[] {
  return Array.from({ length: count }, (_, at) => event(from + at));
}

/** A server; `answer` says how: a status, or nothing at all. */
async function serve(answer: () => number | "hang") {
  const bodies: Body[] = [];
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (part: Buffer) => (text += part.toString()));
    request.on("end", () => {
      const status = answer();
      if (status === "hang") return;
      if (status === 200) bodies.push(JSON.parse(text) as Body);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endLater(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=x`, bodies };
}

const numbers = (bodies: readonly Body[]): number[] =>
  bodies.flatMap((body) => body.events.map(({ seq }) => seq));

/** Writes what is told. */
function scribe(said: string[], settled: NodeEvent[] = []): DeliveryListener {
  return {
    failing: (problem) => said.push(`failing: ${problem}`),
    recovered: (droppedCount) => said.push(`recovered, ${droppedCount} dropped`),
    settled: (some) => settled.push(...some),
  };
}

describe("EventDelivery", () => {
  test("delivers each event once, in batches, in order", async () => {
    const { url, bodies } = await serve(() => 200);
    const said: string[] = [];
    const poster = new EventDelivery(webhook(url), scribe(said), PACE);
    poster.add(events(1, 6));
    await poster.idle();
    poster.add(events(7, 1));
    await poster.idle();
    expect(numbers(bodies)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(bodies.every((body) => body.events.length <= 4 && body.droppedCount === 0)).toBe(true);
    expect(said).toEqual([]);
  });

  test.each([
    ["refuses", 503 as const, 30_000, "the server answers 503"],
    ["hangs", "hang" as const, 500, "no answer in time"],
  ])(
    "a server that %s gets them later, the newest ones, and is told how many are lost",
    async (_what, bad, timeoutMs, reason) => {
      let isBad = true;
      const { url, bodies } = await serve(() => (isBad ? bad : 200));
      const said: string[] = [];
      const settled: NodeEvent[] = [];
      const poster = new EventDelivery(webhook(url, timeoutMs), scribe(said, settled), PACE);
      poster.add(events(1, 3));
      await waitFor(() => said.length > 0);
      poster.add(events(4, 12));
      isBad = false;
      await poster.idle();
      // What timed out may have arrived, and comes again: a receiver knows it by its number.
      expect([...new Set(numbers(bodies))]).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
      expect(bodies.some(({ droppedCount }) => droppedCount === 5)).toBe(true);
      expect(said).toEqual([`failing: ${reason}`, "recovered, 5 dropped"]);
      expect(settled.map(({ seq }) => seq)).toEqual(Array.from({ length: 15 }, (_, at) => at + 1));
      expect(said.join("")).not.toContain("key=x");
    },
  );

  test("a server that is away is a reason, too", async () => {
    const said: string[] = [];
    const poster = new EventDelivery(webhook("http://127.0.0.1:1/"), scribe(said), PACE);
    poster.add(events(1, 1));
    await waitFor(() => said.length > 0);
    expect(said[0]).toMatch(/ECONNREFUSED|bad port|TypeError/);
  });

  test("gives a batch up after so many tries, and says so with the next one", async () => {
    const told: (readonly [number, number])[] = [];
    const said: string[] = [];
    const delivery = new EventDelivery(
      ([first], droppedCount) => {
        told.push([first!.seq, droppedCount]);
        return Promise.resolve(first!.seq < 3 ? "bad" : undefined);
      },
      scribe(said),
      { ...PACE, batchMax: 1, triesMax: 2, pauseMs: 1 },
    );
    delivery.add(events(1, 4));
    await delivery.idle();
    expect(told).toEqual([
      [1, 0],
      [1, 0],
      [2, 1],
      [2, 1],
      [3, 2],
      [4, 0],
    ]);
    expect(said).toEqual(["failing: bad", "recovered, 2 dropped"]);
  });

  test("an account in the URL becomes a header", async () => {
    const seen: (string | undefined)[] = [];
    const server = http.createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endLater(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await webhook(`http://me:p%40ss@127.0.0.1:${port}/`)([event(1)], 0)).toBeUndefined();
    expect(seen).toEqual([`Basic ${Buffer.from("me:p@ss").toString("base64")}`]);
  });
});
