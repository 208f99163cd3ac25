// The installed HAProxy and `tandem balancer`, each a process of its own, get the same
// configuration and the same visitors and must bring everybody to the same server.
import { beforeAll, describe, expect, test } from "vitest";
import { startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { NamedServer, playChoices, type ScenarioPorts } from "./choice-harness.ts";
import { choiceScenarios, fillIn } from "./choice-scenarios.ts";

const DEFAULTS = `defaults
  mode tcp
  retries 3
  maxconn 1000
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout queue 30s
`;

describe.skipIf(!has("haproxy"))(`HAProxy and Tandem side by side${skipNote("haproxy")}`, () => {
  const servers = new Map<string, NamedServer>();
  const ports = new Map<string, ScenarioPorts>();

  beforeAll(async () => {
    for (let i = 1; i <= 5; i += 1) {
      const server = new NamedServer(`s${i}`);
      await server.listens(true);
      servers.set(server.name, server);
    }
    const configs = new Map<string, string>();
    for (const program of ["haproxy", "tandem"]) {
      const numbers = await freePorts(choiceScenarios.length * 2);
      const sections = choiceScenarios.map((scenario, i) => {
        const own = { first: numbers[i * 2]!, second: numbers[i * 2 + 1]! };
        ports.set(`${program} ${i}`, own);
        return fillIn(scenario.sections(`p${i}`), own, (name) => servers.get(name)!.port);
      });
      configs.set(program, DEFAULTS + sections.join(""));
    }
    await startHaproxy({ config: configs.get("haproxy")! });
    await startTandem({ config: configs.get("tandem")! });
  });

  test.each(choiceScenarios.map((scenario, i) => ({ name: scenario.name, scenario, i })))(
    "tandem balancer brings everybody where HAProxy does: $name",
    async ({ scenario, i }) => {
      const setServer = (name: string, listens: boolean): Promise<void> =>
        servers.get(name)!.listens(listens);
      const play = (program: string): Promise<string[]> =>
        playChoices(scenario.steps, ports.get(`${program} ${i}`)!, setServer);
      // One after the other, as servers come and go.
      const haproxy = await play("haproxy");
      expect(haproxy.length).toBeGreaterThan(0);
      expect(await play("tandem")).toEqual(haproxy);
    },
  );
});
