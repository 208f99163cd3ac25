// Several rules and the sticking key look at the same first packet, one after the other. It is
// parsed once: the last result is kept, with the buffer it came from, by that buffer's identity. So
// whoever delivers first bytes hands out a view of its own each time, and does not write into one
// that it has handed out.
import { inspectFirstPacket, type Inspection } from "./inspect.ts";

/** The longest packet there can be: a remaining length of 4 bytes (MQTT 5.0 §1.5.5). */
const PACKET_BYTES_MAX = 268_435_460;

let lastBytes: Uint8Array = new Uint8Array(0);
let lastInspection: Inspection = { kind: "need-more" };

/**
 * `inspectFirstPacket` with the result of the last call if that was for the very same buffer.
 * `bytesMax` is the same for all calls of one connection; absent, no length is too long.
 */
export function inspectOnce(bytes: Uint8Array, bytesMax = PACKET_BYTES_MAX): Inspection {
  if (bytes === lastBytes) return lastInspection;
  lastInspection = inspectFirstPacket(bytes, bytesMax);
  lastBytes = bytes;
  return lastInspection;
}
