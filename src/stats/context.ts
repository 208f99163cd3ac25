// What all rows of one look at the statistics have in common.
import type { Millis } from "../base/units.ts";
import type { StatusLookup } from "./server-status.ts";
import type { StatsCells, RowKind } from "./columns.ts";
import { moduleColumns, ROW_TYPES } from "./columns.ts";

/** The moment and the manner of looking. */
export interface RowContext {
  readonly nowMs: Millis;
  /** `stats show-legends`: addresses, cookies and algorithms are shown. */
  readonly legends: boolean;
  /** Whether servers are left out; the status of backends then says how many are up. */
  readonly isFiltered: boolean;
  /** Connections of the whole process. */
  readonly maxconn: number;
  readonly statusOf: StatusLookup;
}

/** The only process, as HAProxy numbers it. */
const PROCESS_ID = 1;

/** Cells that every row has. */
export function commonCells(
  kind: RowKind,
  proxy: { readonly name: string; readonly id: number; readonly mode: string },
  name: string,
  serverId = 0,
): StatsCells {
  const cells: StatsCells = {
    pxname: proxy.name,
    svname: name,
    pid: PROCESS_ID,
    iid: proxy.id,
    sid: serverId,
    type: ROW_TYPES[kind],
    mode: proxy.mode,
    dresp: 0,
    wrew: 0,
    eint: 0,
  };
  for (const column of moduleColumns(kind)) cells[column] = 0;
  return cells;
}

/** Whole seconds since an instant; -1 when it has never come. */
export function secondsSince(thenMs: Millis | undefined, nowMs: Millis): number {
  return thenMs === undefined ? -1 : seconds(Math.max(0, nowMs - thenMs));
}

/** Whole seconds. */
export function seconds(ms: Millis): number {
  return Math.floor(ms / 1000);
}

/** A limit as a cell: no limit is an empty cell. */
export function limitCell(limit: number | undefined): number | undefined {
  return limit === undefined || limit === 0 || !Number.isFinite(limit) ? undefined : limit;
}
