// The installed HAProxy and `tandem balancer`, each a process of its own, get the same
// configuration and the same visitors and must bring everybody to the same server.
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runtimeCommand, startHaproxy } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
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

/** Connections at this moment, the one that asks included. */
async function connectionCount(socket: string): Promise<number> {
  const [, count] = /^CurrConns: (\d+)$/m.exec(await runtimeCommand(socket, "show info"))!;
  return Number(count);
}

describe.skipIf(!has("haproxy"))(`HAProxy and Tandem side by side${skipNote("haproxy")}`, () => {
  const servers = new Map<string, NamedServer>();
  const ports = new Map<string, ScenarioPorts>();
  const sockets = new Map<string, string>();

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
    const haproxy = await startHaproxy({ config: configs.get("haproxy")! });
    sockets.set("haproxy", haproxy.socketPath);
    const socket = path.join(tempDir(), "stats.sock");
    sockets.set("tandem", socket);
    const global = `global\n  stats socket ${socket}\n  stats timeout 1m\n`;
    await startTandem({ config: global + configs.get("tandem")! });
  });

  test.each(choiceScenarios.map((scenario, i) => ({ name: scenario.name, scenario, i })))(
    "tandem balancer brings everybody where HAProxy does: $name",
    async ({ scenario, i }) => {
      const setServer = (name: string, listens: boolean): Promise<void> =>
        servers.get(name)!.listens(listens);
      const play = async (program: string): Promise<string[]> => {
        const others = await connectionCount(sockets.get(program)!);
        const settled = (visitorCount: number): Promise<boolean> =>
          waitFor(
            async () => (await connectionCount(sockets.get(program)!)) === others + visitorCount,
          );
        return playChoices(scenario.steps, ports.get(`${program} ${i}`)!, setServer, settled);
      };
      // One after the other, as servers come and go.
      const haproxy = await play("haproxy");
      expect(haproxy.length).toBeGreaterThan(0);
      expect(await play("tandem")).toEqual(haproxy);
    },
  );
});
