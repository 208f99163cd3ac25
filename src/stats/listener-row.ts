// The rows of listeners, which `option socket-stats` asks for (haproxy configuration §4.2,
// management §9.1).
import type { Bind } from "../config/model/bind.ts";
import type { Proxy } from "../config/model/proxy.ts";
import type { ListenerCounters, ListenerCounts } from "../session/counters.ts";
import { formatBindAddress } from "../session/plan-listeners.ts";
import type { StatsCells, StatsRow } from "./columns.ts";
import { commonCells, type RowContext } from "./context.ts";

/** A row for each listening address of a proxy, in the order of the file; none without the option. */
export function* listenerRows(
  proxy: Proxy,
  counts: ListenerCounts,
  context: RowContext,
): Generator<StatsRow, void> {
  if (!proxy.flags.has("socket-stats")) return;
  const { binds = [] } = proxy.frontend ?? {};
  const ids = listenerIds(binds);
  for (const [index, bind] of binds.entries()) {
    const counters = counts.of(formatBindAddress(bind.address));
    yield listenerRow(proxy, bind, ids[index]!, counters, context);
  }
}

/**
 * The id of each: its own, else the first free one from its place in the list on; those that others
 * have for their own are not free (`id`, haproxy configuration §5.1).
 */
export function listenerIds(binds: readonly Pick<Bind, "id">[]): readonly number[] {
  const taken = new Set(binds.map(({ id }) => id));
  let next = 1;
  return binds.map(({ id }) => {
    if (id === undefined) while (taken.has(next)) next++;
    const own = id ?? next;
    next++;
    return own;
  });
}

function listenerRow(
  proxy: Proxy,
  bind: Bind,
  id: number,
  counters: ListenerCounters,
  { legends }: RowContext,
): StatsRow {
  const { sessions } = counters;
  const cells: StatsCells = {
    ...commonCells("listener", proxy, bind.name ?? `sock-${id}`, id),
    scur: sessions.current,
    smax: sessions.highest,
    // Unlike in other rows, no limit is a 0.
    slim: bind.maxconn ?? 0,
    stot: sessions.total,
    bin: counters.bytesIn,
    bout: counters.bytesOut,
    dreq: counters.deniedRequests,
    dresp: counters.deniedResponses,
    ereq: counters.failedRequests,
    status: statusOf(bind, counters),
    dcon: counters.deniedConnections,
    dses: counters.deniedSessions,
  };
  if (legends) cells.addr = addressCell(bind);
  return { kind: "listener", proxyId: proxy.id, serverId: id, cells };
}

/** Full by its own limit, waiting for another one; what an operator has stopped is open, as there. */
function statusOf({ maxconn = 0 }: Bind, { sessions, isLimited }: ListenerCounters): string {
  if (maxconn > 0 && sessions.current >= maxconn) return "FULL";
  return isLimited ? "WAITING" : "OPEN";
}

function addressCell(bind: Bind): string {
  return bind.address.kind === "unix" ? "unix" : formatBindAddress(bind.address);
}
