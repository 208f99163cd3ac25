// The native data mover (src/native, built by scripts/build-native). It is optional: without it
// Node's own sockets move the bytes.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** The mover of one environment, opaque to JavaScript. */
export interface MoverHandle {
  readonly moverHandle: true;
}

/**
 * What the native part offers. Calls give a negative errno for what the system refuses, and throw
 * for arguments of another type only. What each does is said in src/native/*.h.
 */
export interface MoverAddon {
  openMover(
    onRecords: (count: number) => void,
    records: Int32Array,
    totals: Float64Array,
    buffer: Uint8Array,
    scratch: Float64Array,
  ): MoverHandle;
  closeMover(mover: MoverHandle): void;
  holdMover(mover: MoverHandle, isHeld: boolean): void;
  setThreads(mover: MoverHandle, count: number): number;
  openListener(
    isUnix: boolean,
    address: Uint8Array,
    port: number,
    backlog: number,
    v6only: boolean,
    transparent: boolean,
    interfaceName: string | undefined,
  ): number;
  adoptListener(fd: number, backlog: number): number;
  watchListener(mover: MoverHandle, fd: number): number;
  setAccepting(mover: MoverHandle, fd: number, generation: number, isAccepting: boolean): void;
  openConnection(
    mover: MoverHandle,
    isUnix: boolean,
    address: Uint8Array,
    port: number,
    local: Uint8Array | undefined,
    localPort: number,
    interfaceName: string | undefined,
    speaksFirst: boolean,
  ): number;
  watch(mover: MoverHandle, fd: number): number;
  watchWrites(mover: MoverHandle, fd: number, generation: number): void;
  unwatch(mover: MoverHandle, fd: number): void;
  receive(mover: MoverHandle, fd: number, bytesMax: number): number;
  send(fd: number, bytes: Uint8Array): number;
  closeDescriptor(fd: number, isReset: boolean): void;
  setOptions(
    fd: number,
    keepalive: boolean,
    idleMs: number,
    intervalMs: number,
    count: number,
    userTimeoutMs: number,
  ): void;
  socketAddress(fd: number, isPeer: boolean, words: Int32Array): number;
  startRelay(
    mover: MoverHandle,
    client: number,
    server: number,
    spec: Float64Array,
    clientBytes: number,
    serverBytes: number,
    toClient: Uint8Array | undefined,
    toServer: Uint8Array | undefined,
    isClientWatched: boolean,
    isServerWatched: boolean,
  ): number;
  retimeRelay(mover: MoverHandle, slot: number, spec: Float64Array): void;
  leaveRelay(mover: MoverHandle, slot: number, farewell: Uint8Array | undefined): void;
  closeRelay(mover: MoverHandle, slot: number, isReset: boolean): void;
  countRelay(mover: MoverHandle, slot: number): void;
  freezeRelay(mover: MoverHandle, slot: number): void;
  takeFrozen(
    mover: MoverHandle,
    slot: number,
    numbers: Float64Array,
  ): [toClient: Buffer | undefined, toServer: Buffer | undefined];
  openChannel(ends: Int32Array): number;
  duplicateDescriptor(fd: number): number;
  sendDescriptors(channel: number, bytes: Uint8Array, fds: Int32Array): number;
  receiveDescriptors(channel: number, bytes: Uint8Array, fds: Int32Array): number;
  getTcpOption(fd: number, name: number, value: Uint8Array): number;
  setTcpOption(fd: number, name: number, value: Uint8Array): number;
  peekBytes(fd: number, bytes: Uint8Array): number;
  openRepaired(
    address: Uint8Array,
    port: number,
    local: Uint8Array,
    localPort: number,
    receiveSequence: number,
    sendSequence: number,
  ): number;
  reserveQueues(fd: number, receiveBytes: number, sendBytes: number): number;
  endRepair(fd: number): number;
}

/** Words of a record, as RECORD_WORDS of src/native/mover.h. */
export const RECORD_WORDS = 12;

/** Records told at once, as RECORDS_MAX of src/native/mover.h. */
export const RECORDS_MAX = 256;

/** Words of an address, as ADDRESS_WORDS of src/native/address.h. */
export const ADDRESS_WORDS = 6;

/** Numbers of totals that belong to a record, as TOTALS_PER_RECORD of src/native/mover.h. */
export const TOTALS_PER_RECORD = 36;

/** Numbers that a single call may give. */
export const SCRATCH_NUMBERS = TOTALS_PER_RECORD;

/** The first word of a record, as `enum record_kind` of src/native/mover.h; `none` for one that has been dealt with. */
export const RECORD = { none: 0, accepted: 1, acceptFailed: 2, ready: 3, ended: 4 } as const;

/** Readiness, as READY_READ, READY_WRITE and READY_END of src/native/mover.h. */
export const READY = { read: 1, write: 2, end: 4 } as const;

const NAME = "build/Release/tandem_mover.node";

// From src/io/mover/native/ and from dist/src/io/mover/native/.
const PLACES = [`../../../../${NAME}`, `../../../../../${NAME}`];

/** The native part, or why there is none. */
export type LoadedAddon =
  { readonly addon: MoverAddon } | { readonly addon: undefined; readonly reason: string };

let loaded: LoadedAddon | undefined;

/** Loads the native part once. */
export function loadMoverAddon(): LoadedAddon {
  loaded ??= load();
  return loaded;
}

function load(): LoadedAddon {
  const place = PLACES.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) =>
    existsSync(path),
  );
  if (place === undefined) return { addon: undefined, reason: `${NAME} has not been built` };
  try {
    return { addon: createRequire(import.meta.url)(place) as MoverAddon };
  } catch (error) {
    // Built for another machine or C library.
    const reason = error instanceof Error ? error.message : String(error);
    return { addon: undefined, reason };
  }
}
