// Webhooks against servers that are well, refuse, are away, and hang.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { EventPoster } from "../../cli/io/event-poster.ts";
import type { NodeEvent } from "../../src/base/event.ts";
import { endLater } from "../support/cleanup.ts";
import { waitFor } from "../support/wait-for.ts";

const PACE = { queueMax: 10, batchMax: 4, timeoutMs: 30_000, pauseMs: 10, pauseMsMax: 40 };

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

describe("EventPoster", () => {
  test("delivers each event once, in batches, in order", async () => {
    const { url, bodies } = await serve(() => 200);
    const said: string[] = [];
    const poster = new EventPoster(url, (text) => said.push(text), PACE);
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
      const poster = new EventPoster(url, (text) => said.push(text), { ...PACE, timeoutMs });
      poster.add(events(1, 3));
      await waitFor(() => said.length > 0);
      poster.add(events(4, 12));
      isBad = false;
      await poster.idle();
      // What timed out may have arrived, and comes again: a receiver knows it by its number.
      expect([...new Set(numbers(bodies))]).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
      expect(bodies.some(({ droppedCount }) => droppedCount === 5)).toBe(true);
      expect(said).toEqual([
        `events cannot be delivered, and wait: ${reason}`,
        "events are delivered again",
      ]);
      expect(said.join("")).not.toContain("key=x");
    },
  );

  test("a server that is away is a reason, too", async () => {
    const said: string[] = [];
    const poster = new EventPoster("http://127.0.0.1:1/", (text) => said.push(text), PACE);
    poster.add(events(1, 1));
    await waitFor(() => said.length > 0);
    expect(said[0]).toMatch(/ECONNREFUSED|bad port|TypeError/);
  });
});
