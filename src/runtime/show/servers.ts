// show servers conn [<backend>], show backend (haproxy management §9.3)
import type { Server } from "../../config/model/server.ts";
import type { BackendState } from "../../session/backend-state.ts";
import {
  type Answer,
  type CommandCall,
  output,
  refuse,
  type RuntimeCommand,
  type RuntimeContext,
} from "../command.ts";

/** These commands. */
export const SHOW_SERVERS: readonly RuntimeCommand[] = [
  {
    words: ["show", "servers", "conn"],
    usage: "show servers conn [<backend>]",
    help: "dump server connections status (all or for a single backend)",
    level: "user",
    run: showConnections,
  },
  {
    words: ["show", "backend"],
    usage: "show backend",
    help: "list backends in the current running config",
    level: "user",
    run: (_call, { configuration }) => {
      const names = configuration.proxies
        .filter(({ backend, disabled }) => backend !== undefined && !disabled)
        .map(({ name }) => `${name}\n`);
      return output(`# name\n${names.join("")}`);
    },
  },
];

const HEADER =
  "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb " +
  "safe_nb idle_lim idle_cur idle_per_thr[1]\n";

/** `pool-purge-delay`, ms: nothing is pooled here, and this is its default. */
const PURGE_DELAY_MS = 5_000;

function showConnections({ args }: CommandCall, { world }: RuntimeContext): Answer {
  const [name] = args;
  const backends = [...world.backends.values()];
  const shown = name === undefined ? backends : backends.filter((each) => each.name === name);
  if (name !== undefined && shown.length === 0) return refuse("Can't find backend.");
  return { kind: "output", pieces: connectionLines(shown) };
}

function* connectionLines(backends: readonly BackendState[]): Generator<string, void> {
  yield HEADER;
  for (const backend of backends) {
    for (const server of backend.balancer.servers) {
      const ids = `${backend.name}/${server.name} ${backend.id}/${server.id}`;
      const { served } = server;
      const highest = server.counters.servedMax;
      yield `${ids} ${addressWords(backend, server.spec)} - ${PURGE_DELAY_MS} ${served} ${highest} ${served} 0 0 -1 0 0\n`;
    }
  }
}

/** Address and port; `-` and what is configured while a name has no address. */
function addressWords(backend: BackendState, server: Server): string {
  const endpoint = backend.facts.get(server.name)?.endpoint;
  if (endpoint?.kind === "ip") return `${endpoint.host} ${endpoint.port}`;
  if (endpoint?.kind === "unix") return `${endpoint.path} 0`;
  return `- ${server.address.kind === "name" ? server.address.port : 0}`;
}
