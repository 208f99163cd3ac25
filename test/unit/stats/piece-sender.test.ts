import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { PieceSender } from "../../../src/io/stats/piece-sender.ts";
import { METRICS_ANSWERS_MAX } from "../../../src/limits.ts";

/** A client that reads when it is told to. */
class Client extends EventEmitter {
  destroyed = false;
  isReading = true;
  isEnded = false;
  readonly got: string[] = [];

  get response(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  write(piece: string): boolean {
    this.got.push(piece);
    return this.isReading;
  }

  end(): void {
    this.isEnded = true;
    this.emit("close");
  }

  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }

  read(): void {
    this.isReading = true;
    this.emit("drain");
  }
}

async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await turn();
}

describe("PieceSender", () => {
  test("makes one piece a turn, for each client in turn", async () => {
    const sender = new PieceSender(() => undefined);
    const made: string[] = [];
    function* pieces(name: string): Generator<string, void> {
      for (const at of [1, 2]) {
        made.push(`${name}${at}`);
        yield at === 1 ? "" : name;
      }
    }
    const clients = [new Client(), new Client()];
    sender.send(clients[0]!.response, pieces("a"));
    sender.send(clients[1]!.response, pieces("b"));
    expect(made).toEqual([]);
    for (const wanted of [1, 2, 3, 4]) {
      await turn();
      expect(made).toHaveLength(wanted);
    }
    expect(made).toEqual(["a1", "b1", "a2", "b2"]);
    await turns(4);
    expect(clients.map(({ got, isEnded }) => [got, isEnded])).toEqual([
      [["a"], true],
      [["b"], true],
    ]);
  });

  test("makes nothing for a client that does not read, and goes on when it does", async () => {
    const sender = new PieceSender(() => undefined);
    const client = new Client();
    client.isReading = false;
    sender.send(client.response, ["one", "two", "three"]);
    await turns(20);
    expect(client.got).toEqual(["one"]);
    client.read();
    await turns(20);
    expect(client.got).toEqual(["one", "two", "three"]);
    expect(client.isEnded).toBe(true);
  });

  test("lets clients wait while too many are served, and forgets those that leave", async () => {
    const sender = new PieceSender(() => undefined);
    const clients = Array.from({ length: METRICS_ANSWERS_MAX + 2 }, () => new Client());
    for (const client of clients) {
      client.isReading = false;
      sender.send(client.response, ["one", "two"]);
    }
    const served = (): number => clients.filter(({ got }) => got.length > 0).length;
    await turns(40);
    expect(served()).toBe(METRICS_ANSWERS_MAX);
    clients[METRICS_ANSWERS_MAX]!.destroy();
    clients[0]!.destroy();
    await turns(40);
    expect(clients.at(-1)!.got).toEqual(["one"]);
    expect(served()).toBe(METRICS_ANSWERS_MAX + 1);
  });

  test("tells of a piece that could not be made, and ends the client", async () => {
    const failures: unknown[] = [];
    const sender = new PieceSender((error) => failures.push(error));
    function* broken(): Generator<string, void> {
      yield "one";
      throw new Error("no");
    }
    const client = new Client();
    sender.send(client.response, broken());
    await turns(10);
    expect(failures).toEqual([new Error("no")]);
    expect(client.destroyed).toBe(true);
  });
});
