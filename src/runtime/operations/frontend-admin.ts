// Frontends by word of an operator (haproxy management §9.3 `disable|enable|shutdown frontend`,
// `set maxconn frontend`). A reload opens frontends again and gives them the limits of the files.
import type { Configuration } from "../../config/model/configuration.ts";
import { withProxy } from "./configured-servers.ts";
import type { FrontendState } from "../../session/frontend-state.ts";
import { type Answer, done, refuse, type RuntimeEffect } from "../command.ts";
import { readInteger } from "./numbers.ts";

/** Takes no more connections until `enableFrontend`; those that it has go on. */
export function disableFrontend(frontend: FrontendState): Answer {
  if (frontend.admin === "stopped") {
    return refuse("Frontend was previously shut down, cannot disable.");
  }
  if (frontend.admin === "paused") return refuse("All sockets are already disabled.");
  frontend.admin = "paused";
  return change(frontend, "paused", `Paused frontend ${frontend.name}.`);
}

/** Takes connections again. */
export function enableFrontend(frontend: FrontendState): Answer {
  if (frontend.admin === "stopped") {
    return refuse("Frontend was previously shut down, cannot enable.");
  }
  if (frontend.admin === "open") return refuse("All sockets are already enabled.");
  frontend.admin = "open";
  return change(frontend, "accepting", `Resumed frontend ${frontend.name}.`);
}

/** Closes its listeners for good; connections go on. */
export function shutdownFrontend(frontend: FrontendState): Answer {
  if (frontend.admin === "stopped") return refuse("Frontend was already shut down.");
  frontend.admin = "stopped";
  const counts = `FE: ${frontend.counters.connectionsTotal}, BE: 0`;
  return change(frontend, "closed", `Proxy ${frontend.name} stopped (cumulated conns: ${counts}).`);
}

function change(
  { name }: FrontendState,
  become: Extract<RuntimeEffect, { kind: "listeners" }>["become"],
  text: string,
): Answer {
  return done([
    { kind: "listeners", frontend: name, become },
    {
      kind: "log",
      proxy: name,
      level: "warning",
      text,
      event: { kind: `frontend.${become}`, subject: `frontend ${name}`, cause: "administration" },
    },
  ]);
}

/** Sets how many connections it may have at once; 0 leaves only the limit of the process. */
export function setFrontendMaxconn(
  frontend: FrontendState,
  word: string | undefined,
  configuration: Configuration,
): Answer {
  if (word === undefined || word === "") return refuse("Integer value expected.");
  const maxconn = readInteger(word);
  if (maxconn === undefined) return refuse("Integer value expected.");
  if (maxconn < 0) return refuse("Value out of range.");
  const { maxconn: _former, ...rest } = frontend.side;
  frontend.side = maxconn === 0 ? rest : { ...rest, maxconn };
  frontend.proxy = { ...frontend.proxy, frontend: frontend.side };
  return done([
    { kind: "configuration", configuration: withProxy(configuration, frontend.proxy) },
    { kind: "limits" },
  ]);
}
