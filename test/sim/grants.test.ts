// Slots that are given back as soon as they are taken: a long queue must not be a deep call.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SessionShell } from "../../src/io/session-shell.ts";
import { applyConfiguration } from "../../src/session/apply.ts";
import { planListeners } from "../../src/session/plan-listeners.ts";
import { World } from "../../src/session/world.ts";
import { configurationOf, end } from "../unit/session/bench.ts";
import { FakeMover } from "./fake-mover.ts";

const CONFIGURATION = `
  listen in
    mode tcp
    bind :1883
    retries 0
    timeout connect 1s
    timeout queue 1m
    server s1 127.0.0.1:1 maxconn 1`;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
});

afterEach(() => {
  vi.useRealTimers();
});

test("SessionShell passes a slot down a long queue whose sessions all fail at once", () => {
  const mover = new FakeMover();
  const terminations = new Map<string, number>();
  const world = new World({
    hostName: "lb1",
    localAddresses: new Set(),
    environment: {},
    random: () => 0,
  });
  const shell = new SessionShell(world, {
    logTraffic: ({ termination }) =>
      terminations.set(termination, (terminations.get(termination) ?? 0) + 1),
    logHandshake: () => undefined,
    observed: () => undefined,
    acceptFailed: () => undefined,
    idle: () => undefined,
  });
  shell.attach(mover);
  mover.attach((event) => shell.onMoverEvent(event, 0));
  const configuration = configurationOf(CONFIGURATION);
  const [planned] = planListeners(world, configuration).open;
  const listener = mover.listen(planned!.spec);
  applyConfiguration(
    world,
    configuration,
    {
      endpointOf: ({ address }) => (address.kind === "name" ? undefined : address),
      serverTls: () => undefined,
      bindTls: () => undefined,
      readLines: () => [],
      opened: new Map([[planned!.key, listener]]),
      environment: {},
      maxconn: 100_000,
    },
    0,
  );
  shell.adoptListeners(0);
  for (let i = 0; i < 10_000; i++) {
    mover.accept(listener, end("10.0.0.1:1"), end("127.0.0.1:1883"));
  }
  const backend = world.backends.get("in")!;
  expect(backend.balancer.counts()).toMatchObject({ served: 1, queued: 9_999 });
  // Its address is lost: what is granted from here on fails within the call.
  backend.facts = new Map([["s1", { ...backend.facts.get("s1")!, endpoint: undefined }]]);
  const [holder] = mover.inPhase("client", ["open"]);
  mover.break(holder!);
  expect(terminations).toEqual(
    new Map([
      ["CD", 1],
      ["SC", 9_999],
    ]),
  );
  expect(backend.balancer.counts()).toMatchObject({ served: 0, queuedTotal: 0 });
  expect([shell.sessionCount, mover.violations]).toEqual([0, []]);
  shell.close();
});
