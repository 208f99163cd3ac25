// Opens every listening socket that a configuration adds: of frontends, statistics pages and peers.
// All or none, and before anything else changes.
import type { Diagnostic } from "../base/diagnostic.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { ListenerId } from "../session/mover.ts";
import { planListeners } from "../session/plan-listeners.ts";
import type { World } from "../session/world.ts";
import { describeListenFailure, describePeersFailure } from "./listen-failure.ts";
import type { ListenerOpener } from "./listener-opener.ts";
import type { PeersShell } from "./peers/peers-shell.ts";
import { type OldProcesses, takePortsFrom } from "./process/old-processes.ts";
import type { StatsServer } from "./stats/stats-server.ts";

/** Those who open sockets. */
export interface SocketOpeners {
  readonly world: World;
  readonly opener: ListenerOpener;
  readonly pages: StatsServer;
  readonly peers: PeersShell;
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
  { world, opener, pages, peers }: SocketOpeners,
  configuration: Configuration,
): Promise<SocketsOutcome> {
  const failed = await peers.open(configuration);
  if (failed.length > 0) return { ok: false, diagnostics: failed.map(describePeersFailure) };
  const planned = [...planListeners(world, configuration).open, ...pages.plan(configuration)];
  const outcome = await opener.open(planned);
  if (outcome.ok) return outcome;
  peers.abandon();
  return { ok: false, diagnostics: outcome.failed.map(describeListenFailure) };
}
