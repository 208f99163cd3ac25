// Opens every listening socket that a configuration adds: of frontends, statistics pages, peers and
// the runtime API.
// All or none, and before anything else changes.
import type { Diagnostic } from "../base/diagnostic.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { ListenerId } from "../session/mover.ts";
import { planListeners } from "../session/plan-listeners.ts";
import type { World } from "../session/world.ts";
import {
  describeListenFailure,
  describePeersFailure,
  describeStatsSocketFailure,
} from "./listen-failure.ts";
import type { ListenerOpener } from "./listener-opener.ts";
import type { PeersShell } from "./peers/peers-shell.ts";
import { type OldProcesses, takePortsFrom } from "./process/old-processes.ts";
import type { RuntimeServer } from "./runtime/runtime-server.ts";
import type { StatsServer } from "./stats/stats-server.ts";

/** Those who open sockets. */
export interface SocketOpeners {
  readonly world: World;
  readonly opener: ListenerOpener;
  readonly pages: StatsServer;
  readonly peers: PeersShell;
  readonly runtime: RuntimeServer;
}

/** The mover's sockets by address, or alerts about those that could not be opened. */
export type SocketsOutcome =
  | { readonly ok: true; readonly opened: ReadonlyMap<string, ListenerId> }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Opens them; old processes that are to be replaced may have to let go of their ports first. */
export async function openSockets(
  openers: SocketOpeners,
  configuration: Configuration,
  old: OldProcesses,
): Promise<SocketsOutcome> {
  let outcome: SocketsOutcome | undefined;
  await takePortsFrom(old, async () => {
    outcome = await openOnce(openers, configuration);
    return outcome.ok;
  });
  return outcome!;
}

async function openOnce(
  { world, opener, pages, peers, runtime }: SocketOpeners,
  configuration: Configuration,
): Promise<SocketsOutcome> {
  const failed = await peers.open(configuration);
  if (failed.length > 0) return { ok: false, diagnostics: failed.map(describePeersFailure) };
  const planned = [...planListeners(world, configuration).open, ...pages.plan(configuration)];
  const outcome = await opener.open(planned);
  const refused = outcome.ok ? await runtime.open(configuration) : [];
  if (outcome.ok && refused.length === 0) return outcome;
  peers.abandon();
  if (!outcome.ok) return { ok: false, diagnostics: outcome.failed.map(describeListenFailure) };
  opener.abandon(outcome.opened);
  return { ok: false, diagnostics: refused.map(describeStatsSocketFailure) };
}
