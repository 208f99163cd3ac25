// Reads the files of `server-state-file` and `server-state-file-name`. They are written by somebody
// else, for example by `show servers state` before a restart.
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Millis } from "../base/units.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { Proxy } from "../config/model/proxy.ts";
import { serverKey } from "../health/monitored.ts";
import { SERVER_STATE_BYTES_MAX } from "../runtime/limits.ts";
import type { RuntimeEffect } from "../runtime/command.ts";
import type { AdminSurroundings } from "../runtime/operations/server-admin.ts";
import {
  type ReadState,
  readServersState,
  type SavedServer,
} from "../runtime/server-state/read.ts";
import { restoreServers, restoreTimes } from "../runtime/server-state/restore.ts";
import type { World } from "../session/world.ts";

/** What the files say, for the backends that want to know. */
export interface SavedStates {
  readonly servers: readonly SavedServer[];
  /** A line for each file that is missing, too large or damaged. */
  readonly warnings: readonly string[];
}

/** Reads all files that a configuration names. */
export function readServerStateFiles(configuration: Configuration): SavedStates {
  const wanting = configuration.proxies.filter(
    (proxy) => !proxy.disabled && (proxy.backend?.loadServerStateFrom ?? "none") !== "none",
  );
  const servers: SavedServer[] = [];
  const warnings: string[] = [];
  const take = (file: string, names: ReadonlySet<string>, label: string): void => {
    const read = readStateFile(file);
    warnings.push(...read.problems.map((problem) => `${label} '${file}': ${problem}`));
    servers.push(...read.servers.filter(({ backend }) => names.has(backend)));
  };
  const { serverStateFile, serverStateBase } = configuration.global;
  const global = wanting.filter((proxy) => proxy.backend?.loadServerStateFrom === "global");
  if (global.length > 0 && serverStateFile !== undefined) {
    const file = under(serverStateBase, serverStateFile);
    take(file, new Set(global.map(({ name }) => name)), "global server state file");
  }
  for (const proxy of wanting.filter((each) => !global.includes(each))) {
    const file = under(serverStateBase, localName(proxy));
    take(file, new Set([proxy.name]), `Proxy '${proxy.name}': server state file`);
  }
  return { servers, warnings };
}

function localName(proxy: Proxy): string {
  return proxy.backend?.serverStateFileName ?? proxy.name;
}

function under(base: string | undefined, file: string): string {
  return base === undefined || path.isAbsolute(file) ? file : path.join(base, file);
}

function readStateFile(file: string): ReadState {
  try {
    const { size } = statSync(file);
    if (size > SERVER_STATE_BYTES_MAX) {
      const problem = `${size} bytes are more than the ${SERVER_STATE_BYTES_MAX} that are read`;
      return { servers: [], problems: [problem] };
    }
    return readServersState(readFileSync(file, "latin1"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { servers: [], problems: [`cannot be read: ${reason}`] };
  }
}

/** The keys of all servers that a world has. */
export function serverKeys(world: World): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const backend of world.backends.values()) {
    for (const server of backend.balancer.servers) keys.add(serverKey(backend.name, server.name));
  }
  return keys;
}

/** What restoring needs of the process. */
export interface RestoreHost extends AdminSurroundings {
  run(effect: RuntimeEffect): void;
  warn(text: string): void;
}

/**
 * Restores the states of servers that the world did not have before a configuration was applied: at
 * the start all of them. What has been running is known better than any file knows it.
 */
export function restoreNewServers(
  configuration: Configuration,
  before: ReadonlySet<string>,
  host: RestoreHost,
  nowMs: Millis,
): void {
  const { servers, warnings } = readServerStateFiles(configuration);
  const added = servers.filter((each) => !before.has(serverKey(each.backend, each.server)));
  for (const effect of restoreServers(added, configuration, host, nowMs)) host.run(effect);
  restoreTimes(added, host.world, nowMs);
  // A file that is written before each restart need not be there at a reload.
  if (before.size === 0) for (const warning of warnings) host.warn(warning);
}
