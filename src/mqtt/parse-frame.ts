// One whole frame, read by mqtt-packet. The library keeps what it is fed and may throw on nonsense,
// so it sees one frame at a time and is forgotten afterwards.
import { type Packet, parser as createParser } from "mqtt-packet";

/** What mqtt-packet makes of one whole frame, or its complaint. `protocolVersion` as in CONNECT. */
export function parseFrame(frame: Uint8Array, protocolVersion?: number): Packet | string {
  const parser = createParser(protocolVersion === undefined ? {} : { protocolVersion });
  let outcome: Packet | string = "mqtt-packet finds no packet";
  parser.on("packet", (packet) => (outcome = packet));
  parser.on("error", (error: unknown) => {
    outcome = error instanceof Error ? error.message : String(error);
  });
  try {
    // A copy, so that values that are kept do not keep the caller's buffer with them.
    parser.parse(Buffer.from(frame));
  } catch (error) {
    // The library asks Buffers for bytes that may not be there; that is the peer's doing.
    return error instanceof Error ? error.message : String(error);
  }
  return outcome;
}
