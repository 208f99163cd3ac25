// The order in which the records of one batch are dealt with. A batch itself has none: what became
// ready in the meantime stands in it in any order.
import { RECORD, RECORD_WORDS } from "./addon.ts";

/**
 * Hands over where each record begins. Connections that wait for their server go first: a server that
 * has answered in the same batch has done so before its client left.
 */
export function inOrder(
  records: Int32Array,
  count: number,
  isConnecting: (at: number) => boolean,
  take: (at: number) => void,
): void {
  for (let at = 0; at < count * RECORD_WORDS; at += RECORD_WORDS) {
    if (records[at] !== RECORD.ready || !isConnecting(at)) continue;
    take(at);
    records[at] = RECORD.none;
  }
  for (let at = 0; at < count * RECORD_WORDS; at += RECORD_WORDS) {
    if (records[at] !== RECORD.none) take(at);
  }
}
