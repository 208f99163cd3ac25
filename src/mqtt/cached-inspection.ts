// Several rules and the sticking key look at the same first packet. It is parsed once: results are
// kept for as long as the buffer they came from, by its identity. So whoever delivers first bytes
// hands out a view of its own each time, and does not write into one that it has handed out.
import { INSPECT_BYTES_MAX } from "../limits.ts";
import { inspectFirstPacket, type Inspection } from "./inspect.ts";

const INSPECTIONS = new WeakMap<Uint8Array, Inspection>();

/** `inspectFirstPacket` with the result of an earlier call for the very same buffer. */
export function inspectOnce(bytes: Uint8Array): Inspection {
  const known = INSPECTIONS.get(bytes);
  if (known !== undefined) return known;
  // The bound on what is held is the caller's; this one only has to be as generous.
  const inspection = inspectFirstPacket(bytes, Math.max(INSPECT_BYTES_MAX, bytes.length));
  INSPECTIONS.set(bytes, inspection);
  return inspection;
}
