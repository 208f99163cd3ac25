import { expect, test } from "vitest";
import { Bench } from "./bench.ts";

const CONFIG =
  "listen l\n bind :1883\n timeout connect 1s\n timeout queue 10s\n retries 1\n" +
  " mqtt-connect-rate 1/s\n server a 10.0.0.1:1\n";

/** Lets in whose turn it is. */
function tick(bench: Bench): void {
  bench.dispatch(bench.backend("l").balancer.tick(bench.nowMs));
}

test("whoever is too early waits in the server's queue, `timeout queue` at most", () => {
  const bench = new Bench(CONFIG);
  const [first, second, third] = [bench.accept(), bench.accept(), bench.accept()];
  expect([first.state, second.state, third.state]).toEqual(["connecting", "queued", "queued"]);
  first.connected();
  expect(bench.server("l/a").queued).toBe(2);
  expect(bench.backend("l").balancer.nextTimeout()).toBe(bench.nowMs + 1_000);
  bench.advance(1_000);
  tick(bench);
  expect([second.state, third.state]).toEqual(["connecting", "queued"]);
  second.connected();
  bench.advance(9_000);
  expect(third.logged).toMatch(/ sQ /);
});

test("another try at a server that refuses waits for its turn", () => {
  const bench = new Bench(CONFIG);
  const client = bench.accept().refused();
  expect(client.state).toBe("pausing");
  expect(bench.server("l/a").served).toBe(0);
  bench.advance(999);
  const other = bench.accept();
  expect(other.state).toBe("queued");
  bench.advance(1);
  expect(client.state).toBe("queued");
  tick(bench);
  expect([other.state, client.state]).toEqual(["connecting", "queued"]);
  bench.advance(1_000);
  tick(bench);
  expect(client.state).toBe("connecting");
  client.refused();
  expect(client.logged).toMatch(/ SC 1 /);
});

test("a client that leaves the queue takes nobody's turn", () => {
  const bench = new Bench(CONFIG);
  bench.accept();
  const [gone, next] = [bench.accept(), bench.accept()];
  gone.reset();
  bench.advance(1_000);
  tick(bench);
  expect(next.state).toBe("connecting");
});
