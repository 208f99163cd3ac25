// A relay that was stopped in mid-air, as values: what another process needs to go on with it. All
// else, such as who has sent its last byte, the sockets themselves tell again.
import { Buffer } from "node:buffer";
import { FROZEN_BYTES_MAX } from "../../limits.ts";
import type { MoverAddon, MoverHandle } from "../mover/native/addon.ts";

/** Where the packets of one direction stand, as `FrameTracker.position`. */
export type FramePosition = readonly [stage: number, type: number, value: number];

/** A stopped relay without its sockets. */
export interface RelayInHand {
  /** Received from each so far. */
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** Read from one and not taken by the other; they go first. */
  readonly forClient: Uint8Array | undefined;
  readonly forServer: Uint8Array | undefined;
  readonly framing:
    { readonly toServer: FramePosition; readonly toClient: FramePosition } | undefined;
}

/** A stopped relay. Its descriptors belong to whoever holds this. */
export interface FrozenRelay extends RelayInHand {
  readonly clientFd: number;
  readonly serverFd: number;
}

/** The numbers of `takeFrozen` in src/native/freezing.h. */
const FROZEN_NUMBERS = 11;
const FRAMED = 4;

/** Takes a relay that was told to be frozen out of the native part. */
export function takeFrozen(
  host: { readonly addon: MoverAddon; readonly handle: MoverHandle },
  slot: number,
): FrozenRelay {
  const numbers = new Float64Array(FROZEN_NUMBERS);
  const [forClient, forServer] = host.addon.takeFrozen(host.handle, slot, numbers);
  return {
    clientFd: numbers[0]!,
    serverFd: numbers[1]!,
    bytesToServer: numbers[2]!,
    bytesToClient: numbers[3]!,
    forClient,
    forServer,
    framing: framingOf(numbers),
  };
}

function framingOf(numbers: Float64Array): FrozenRelay["framing"] {
  if (numbers[FRAMED] !== 1) return undefined;
  return { toServer: positionAt(numbers, 5), toClient: positionAt(numbers, 8) };
}

function positionAt(numbers: Float64Array, at: number): FramePosition {
  return [numbers[at]!, numbers[at + 1]!, numbers[at + 2]!];
}

// The description: version, flags (1: framed), two counts of bytes in hand, two of bytes received, two
// positions; then the bytes in hand, for the client first. Big-endian.
const VERSION = 1;
const HEADER_BYTES = 2 + 2 * 4 + 2 * 8 + 2 * 6;
const POSITIONS_AT = 26;
const STAGE_MAX = 6;
const TYPE_MAX = 15;

/** The description of a relay without its descriptors, in that order; `undefined` when it holds too many bytes. */
export function encodeFrozen(relay: RelayInHand): Buffer | undefined {
  const { forClient, forServer, framing } = relay;
  const inHand = (forClient?.length ?? 0) + (forServer?.length ?? 0);
  if (inHand > FROZEN_BYTES_MAX) return undefined;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeUInt8(framing === undefined ? 0 : 1, 1);
  header.writeUInt32BE(forClient?.length ?? 0, 2);
  header.writeUInt32BE(forServer?.length ?? 0, 6);
  header.writeBigUInt64BE(BigInt(relay.bytesToServer), 10);
  header.writeBigUInt64BE(BigInt(relay.bytesToClient), 18);
  const positions = framing === undefined ? [] : [framing.toServer, framing.toClient];
  positions.forEach(([stage, type, value], index) => {
    header.writeUInt8(stage, POSITIONS_AT + 6 * index);
    header.writeUInt8(type, POSITIONS_AT + 6 * index + 1);
    header.writeUInt32BE(value, POSITIONS_AT + 6 * index + 2);
  });
  return Buffer.concat([header, forClient ?? NOTHING, forServer ?? NOTHING]);
}

const NOTHING = Buffer.alloc(0);

/** Reads a description; `undefined` when it is none of ours. */
export function decodeFrozen(bytes: Buffer): RelayInHand | undefined {
  if (bytes.length < HEADER_BYTES || bytes[0] !== VERSION) return undefined;
  const clientLength = bytes.readUInt32BE(2);
  const serverLength = bytes.readUInt32BE(6);
  if (bytes.length !== HEADER_BYTES + clientLength + serverLength) return undefined;
  const toServer = readPosition(bytes, POSITIONS_AT);
  const toClient = readPosition(bytes, POSITIONS_AT + 6);
  if (toServer === undefined || toClient === undefined) return undefined;
  const split = HEADER_BYTES + clientLength;
  return {
    bytesToServer: Number(bytes.readBigUInt64BE(10)),
    bytesToClient: Number(bytes.readBigUInt64BE(18)),
    forClient: clientLength === 0 ? undefined : bytes.subarray(HEADER_BYTES, split),
    forServer: serverLength === 0 ? undefined : bytes.subarray(split),
    framing: bytes[1] === 1 ? { toServer, toClient } : undefined,
  };
}

function readPosition(bytes: Buffer, at: number): FramePosition | undefined {
  const stage = bytes.readUInt8(at);
  const type = bytes.readUInt8(at + 1);
  if (stage > STAGE_MAX || type > TYPE_MAX) return undefined;
  return [stage, type, bytes.readUInt32BE(at + 2)];
}
