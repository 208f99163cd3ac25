// The balancing core and the installed HAProxy get the same servers and the same connections, and
// must choose the same servers in the same order.
import { beforeAll, describe, expect, test } from "vitest";
import { startHaproxy, type Haproxy } from "../support/haproxy.ts";
import { freePort, freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { listenSection, play, startNamedServer } from "./balance-harness.ts";
import { scenarios } from "./balance-scenarios.ts";

/** On a busy machine HAProxy 2.6 now and then lets a session of these wait until `timeout queue`. */
const STALLING: ReadonlySet<string> = new Set([
  "leastconn, limits, maxqueue and limits set at run time",
]);

const DEFAULTS = `defaults
  mode tcp
  maxconn 1000
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout queue 30s
`;

describe.skipIf(!has("haproxy"))(`BackendBalancer beside HAProxy${skipNote("haproxy")}`, () => {
  let haproxy: Haproxy;
  let ports: readonly number[];

  beforeAll(async () => {
    const serverPorts = new Map<string, number>();
    for (let i = 1; i <= 6; i += 1) serverPorts.set(`s${i}`, await startNamedServer(`s${i}`));
    const deadPort = await freePort();
    ports = await freePorts(scenarios.length);
    const sections = scenarios.map((scenario, i) =>
      listenSection(scenario, `p${i}`, ports[i]!, (name) =>
        scenario.dead?.includes(name) === true ? deadPort : serverPorts.get(name)!,
      ),
    );
    haproxy = await startHaproxy({ config: DEFAULTS + sections.join("") });
  });

  for (const [i, scenario] of scenarios.entries()) {
    const isLeftOut = STALLING.has(scenario.name) && process.env["TANDEM_TEST_LONG"] !== "1";
    const note = isLeftOut ? " (long tests only: HAProxy may leave a session in its queue)" : "";
    test.skipIf(isLeftOut)(
      `assign() chooses as HAProxy does: ${scenario.name}${note}`,
      async () => {
        const outcome = await play(scenario, haproxy, { name: `p${i}`, port: ports[i]! });
        expect(outcome.haproxy.length).toBeGreaterThan(0);
        expect(outcome.tandem).toEqual(outcome.haproxy);
      },
    );
  }
});
