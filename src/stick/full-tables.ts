// Tells of tables that are too small, in words and not too often. HAProxy keeps silent, and clients
// then lose their server without a trace.
import type { Millis } from "../base/units.ts";
import { TABLE_FULL_NOTICE_MS } from "../limits.ts";
import type { StickTable } from "./table.ts";

interface Notice {
  refusedCount: number;
  displacedCount: number;
  nextMs: Millis;
}

/** Remembers what has been told of which table. */
export class FullTables {
  readonly #notices = new WeakMap<StickTable, Notice>();

  /** What is to be told of this table at this time, if anything. */
  look(name: string, table: StickTable, nowMs: Millis): string | undefined {
    const told = this.#notices.get(table) ?? {
      refusedCount: 0,
      displacedCount: 0,
      nextMs: -Infinity,
    };
    this.#notices.set(table, told);
    const { refusedCount, displacedCount } = table.shortage;
    const refused = refusedCount - told.refusedCount;
    const displaced = displacedCount - told.displacedCount;
    if (refused + displaced === 0 || nowMs < told.nextMs) return undefined;
    told.refusedCount = refusedCount;
    told.displacedCount = displacedCount;
    told.nextMs = nowMs + TABLE_FULL_NOTICE_MS;
    const what = [
      ...(refused === 0 ? [] : [`${refused} new keys were not stored`]),
      ...(displaced === 0 ? [] : [`${displaced} entries made room before they expired`]),
    ];
    return (
      `Stick table '${name}' is full (size ${table.size}): ${what.join(", ")}. ` +
      `Raise its 'size' or lower its 'expire'.`
    );
  }
}
