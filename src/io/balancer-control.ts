// What a balancer tells at its control socket, put together from its parts.
import { EVENT_HANDOVER_MS, type EventFeed } from "../base/io/event-feed.ts";
import type { Fitness } from "../base/life.ts";
import type { World } from "../session/world.ts";
import { balancerStatus } from "../stats/balancer-status.ts";
import type { StatusLookup } from "../stats/server-status.ts";
import { TANDEM_VERSION } from "../version.ts";
import { monotonicMs } from "./clock.ts";
import { type ControlAnswer, startControlSocket } from "./control-socket.ts";
import type { ProgramLog } from "./log/program-log.ts";
import { operatorCommands, type OperatorHost, type OperatorLive } from "./operator-commands.ts";
import type { PeersShell } from "./peers/peers-shell.ts";
import type { StatsServer } from "./stats/stats-server.ts";

/** The parts that are asked. */
export interface ControlParts {
  readonly world: World;
  readonly program: ProgramLog;
  readonly events: EventFeed;
  readonly pages: StatsServer;
  readonly peers: PeersShell;
  readonly operator: OperatorHost;
  readonly live: OperatorLive;
  readonly statusOf: StatusLookup;
  fitness(): Fitness;
  isStopping(): boolean;
  reload(): Promise<ControlAnswer>;
}

/** A control socket that is open. */
export interface OpenControl {
  close(): Promise<void>;
}

/** Opens the socket; without a path, or where that is not possible, there is none. */
export async function openControl(
  path: string | undefined,
  parts: ControlParts,
): Promise<OpenControl | undefined> {
  if (path === undefined) return undefined;
  const { world, program, events, pages, peers, statusOf } = parts;
  try {
    const server = await startControlSocket(path, {
      reload: () => parts.reload(),
      events: (request) => events.answer(request),
      ...operatorCommands(parts.operator, parts.live),
      status: () =>
        balancerStatus(
          {
            version: TANDEM_VERSION,
            pid: process.pid,
            startedMs: pages.source.startedMs,
            isStopping: parts.isStopping(),
            world,
            statusOf,
            fitness: parts.fitness(),
            pageAddresses: pages.addresses,
            peers: peers.status(monotonicMs()),
          },
          monotonicMs(),
        ),
    });
    return {
      async close() {
        await events.handedOver(EVENT_HANDOVER_MS);
        await server.close();
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    program.warn({ reason }, "no control socket: reload by SIGHUP only");
    return undefined;
  }
}
