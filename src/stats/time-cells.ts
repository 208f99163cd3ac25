// The columns of times: averages over the last sessions, and the longest.
import type { SessionTimes } from "../session/counters.ts";
import type { StatsCells } from "./columns.ts";

/** Times in ms; response times are those of HTTP and 0. */
export function timeCells(times: SessionTimes | undefined): StatsCells {
  return {
    qtime: times?.queue.averageMs ?? 0,
    ctime: times?.connect.averageMs ?? 0,
    rtime: 0,
    ttime: times?.total.averageMs ?? 0,
    qtime_max: Math.floor(times?.queue.highestMs ?? 0),
    ctime_max: Math.floor(times?.connect.highestMs ?? 0),
    rtime_max: 0,
    ttime_max: Math.floor(times?.total.highestMs ?? 0),
  };
}
