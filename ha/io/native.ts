// The agent's native part (ha/native, built by scripts/build-native). It is optional: everything that
// uses it has a fallback, or says what is lost.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** What the native part offers. Calls throw an Error with a `code` such as `EPERM` and a `syscall`. */
export interface Native {
  /** A descriptor that sends whole Ethernet frames and receives nothing. Needs CAP_NET_RAW. */
  openPacketSocket(): number;
  /** Sends a frame that begins with its Ethernet header, out of the interface of this number. */
  sendFrame(fd: number, ifindex: number, frame: Uint8Array): void;
  /** The number of an interface; 0 when there is none of that name. */
  interfaceIndex(name: string): number;
  /** Makes the kernel drop IPv6 multicast with a hop limit other than 255 on a raw socket. */
  filterHopLimit(fd: number): void;
  /** A UDP descriptor bound to an interface, an address (4 or 16 bytes) and a port. */
  openDatagramSocket(interfaceName: string, address: Uint8Array, port: number): number;
  /**
   * Keeps the pages of program and libraries in memory once used; gives the bytes covered. V8's heap
   * cannot be locked: it aborts when the kernel refuses to take locked pages back.
   */
  lockMemory(): number;
  /** Ms since the machine started, suspension included. */
  bootTimeMs(): number;
  /** Takes a signal (1..64) for good; its descriptor has a byte for each. EINVAL, EBUSY: cannot be, is. */
  openSignal(signal: number): number;
}

// From ha/io/ and from dist/ha/io/.
const PLACES = [
  "../../build/Release/tandem_agent.node",
  "../../../build/Release/tandem_agent.node",
];

let loaded: { readonly native: Native | undefined } | undefined;

/** The native part; `undefined` when it is not built or cannot be loaded here. */
export function loadNative(): Native | undefined {
  loaded ??= { native: load() };
  return loaded.native;
}

function load(): Native | undefined {
  const place = PLACES.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) =>
    existsSync(path),
  );
  if (place === undefined) return undefined;
  try {
    return createRequire(import.meta.url)(place) as Native;
  } catch {
    // Built for another machine or C library.
    return undefined;
  }
}
