// The commands of an operator that a balancer's control socket takes besides `reload` and `status`:
// tandem sessions, table, drain, maint, ready, switchover. Long work is done in many turns: traffic goes first.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ControlCommand } from "../base/io/control-server.ts";
import type { Millis } from "../base/units.ts";
import {
  readPaceRequest,
  type ReadRequest,
  readServersRequest,
  readSessionIds,
  readSessionQuery,
  readTableQuery,
} from "../operator/requests.ts";
import { listSessions } from "../operator/session-list.ts";
import { clearEntries, listEntries, tableRow } from "../operator/table-list.ts";
import type { RuntimeContext, RuntimeEffect } from "../runtime/command.ts";
import { changeServerAdmin } from "../runtime/operations/server-admin.ts";
import { findServer } from "../runtime/operations/target.ts";
import { SESSIONS_PER_TURN_MAX } from "../operator/limits.ts";
import type { Session } from "../session/session.ts";
import type { StickTable } from "../stick/table.ts";
import { monotonicMs } from "./clock.ts";
import type { LiveShell } from "./live-shell.ts";

/** What the commands look at and change. */
export interface OperatorHost {
  /** Of the runtime API: these commands do what its own do. */
  readonly context: RuntimeContext;
  carryOut(effects: readonly RuntimeEffect[], nowMs: Millis): void;
}

/** The list of live connections that nodes share. */
export type OperatorLive = Pick<LiveShell, "counts" | "wishPace">;

/** What became of one server. */
export interface ServerOutcome {
  /** `backend/server`. */
  readonly server: string;
  readonly ok: boolean;
  /** Why not; empty when it is done. */
  readonly message: string;
  /** Whether it stood otherwise before. */
  readonly isChanged: boolean;
  readonly sessionCount: number;
}

/** The commands by name. Each answers `{ok: true, ...}` or `{ok: false, message}`. */
export function operatorCommands(
  host: OperatorHost,
  live: OperatorLive,
): Readonly<Record<string, ControlCommand>> {
  return {
    sessions: (request) => withRequest(readSessionQuery(request), (query) => sessions(host, query)),
    "end-sessions": (request) =>
      withRequest(readSessionIds(request), (ids) => endSessions(host, ids)),
    table: (request) =>
      withRequest(readTableQuery(request), async ({ name, key, limit }) => {
        const { tables } = host.context.world;
        if (name === null) return { tables: [...tables.values()].map(tableRow) };
        const table = tables.get(name);
        if (table === undefined) return noTable(name, tables);
        const list = await inTurns(listEntries(table, key, limit, monotonicMs));
        return { tables: [tableRow(table)], ...list };
      }),
    "clear-table": (request) =>
      withRequest(readTableQuery(request), async ({ name, key }) => {
        const { tables } = host.context.world;
        const table = tables.get(name ?? "");
        if (table === undefined) return noTable(name ?? "", tables);
        return inTurns(clearEntries(table, key, monotonicMs));
      }),
    live: () => ({ ok: true, ...live.counts() }),
    pace: (request) =>
      withRequest(readPaceRequest(request), (pace) => {
        live.wishPace(pace);
        return live.counts();
      }),
    "set-servers": (request) =>
      withRequest(readServersRequest(request), ({ state, servers }) => ({
        servers: servers.map((name): ServerOutcome => {
          const found = findServer(host.context.world, name);
          if (!found.ok) {
            const message = found.answer.kind === "message" ? found.answer.text : "";
            return { server: name, ok: false, message, isChanged: false, sessionCount: 0 };
          }
          const { server } = found.value;
          const before = server.admin;
          const nowMs = monotonicMs();
          host.carryOut(changeServerAdmin(found.value, state, host.context, nowMs), nowMs);
          const isChanged = server.admin !== before;
          return { server: name, ok: true, message: "", isChanged, sessionCount: server.served };
        }),
      })),
  };
}

async function sessions(
  { context }: OperatorHost,
  query: Parameters<typeof listSessions>[1],
): Promise<object> {
  return inTurns(listSessions(context.sessions(), query, monotonicMs));
}

/** Ends those that still live; how many. */
async function endSessions(host: OperatorHost, ids: readonly number[]): Promise<object> {
  const wanted = new Set(ids);
  const meant: Session[] = [];
  let lookedCount = 0;
  for (const session of host.context.sessions()) {
    lookedCount += 1;
    if (lookedCount % SESSIONS_PER_TURN_MAX === 0) await nextTurn();
    if (wanted.has(session.context.id)) meant.push(session);
  }
  const alive = meant.filter(({ stateName }) => stateName !== "ended");
  host.carryOut([{ kind: "kill", sessions: alive, cause: "administrator" }], monotonicMs());
  return { endedCount: alive.length };
}

function noTable(name: string, tables: ReadonlyMap<string, StickTable>): object {
  const known = [...tables.keys()].slice(0, 20).join(", ");
  const text = known === "" ? "there are none" : `there are ${known}`;
  return { ok: false, message: `no table is named "${name}": ${text}` };
}

async function withRequest<T>(
  read: ReadRequest<T>,
  run: (value: T) => object | Promise<object>,
): Promise<object> {
  return read.ok ? { ok: true, ...(await run(read.value)) } : read;
}

/** Takes one step a turn. */
async function inTurns<T>(steps: Generator<undefined, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}
