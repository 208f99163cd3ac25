// Several rules and the sticking key look at the same first packet. It is parsed once: results are
// kept for as long as the buffer they came from, by its identity. So whoever delivers first bytes
// hands out a view of its own each time, and does not write into one that it has handed out.
import { inspectFirstPacket, type Inspection } from "./inspect.ts";

const INSPECTIONS = new WeakMap<Uint8Array, Inspection>();

/** The longest packet there can be: a remaining length of 4 bytes (MQTT 5.0 §1.5.5). */
const PACKET_BYTES_MAX = 268_435_460;

/**
 * `inspectFirstPacket` with the result of an earlier call for the very same buffer. `bytesMax` is
 * the same for all calls of one connection; absent, no length is too long.
 */
export function inspectOnce(bytes: Uint8Array, bytesMax = PACKET_BYTES_MAX): Inspection {
  const known = INSPECTIONS.get(bytes);
  if (known !== undefined) return known;
  const inspection = inspectFirstPacket(bytes, bytesMax);
  INSPECTIONS.set(bytes, inspection);
  return inspection;
}
