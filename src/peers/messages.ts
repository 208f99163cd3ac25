// The messages of the peers protocol (haproxy peers-v2.0.txt, peers.txt; the numbers are those of
// the program, which differ from the texts' in places).
import { decodeDefinition, type DecodedDefinition } from "./definition.ts";
import { writeFramed, writeShort } from "./framing.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** Message classes. */
export const CLASS = { control: 0, error: 1, table: 10, reserved: 255 } as const;

/** Types of class `control`. */
export const CONTROL = {
  resyncRequest: 0,
  resyncFinished: 1,
  resyncPartial: 2,
  resyncConfirm: 3,
  heartbeat: 4,
} as const;

/** Types of class `error`; the sender closes after them. */
export const ERROR = { protocol: 0, sizeLimit: 1 } as const;

/** Types of class `table`. */
export const TABLE = {
  update: 0x80,
  incrementalUpdate: 0x81,
  definition: 0x82,
  switch: 0x83,
  ack: 0x84,
  timedUpdate: 0x85,
  timedIncrementalUpdate: 0x86,
} as const;

/** The name of a control message. */
export type ControlName = keyof typeof CONTROL;

/** One message, as far as it can be read without knowing the table that it is about. */
export type PeerMessage =
  | { readonly kind: "control"; readonly name: ControlName }
  | { readonly kind: "error"; readonly name: keyof typeof ERROR }
  | DecodedDefinition
  | { readonly kind: "switch"; readonly tableId: number }
  | { readonly kind: "ack"; readonly tableId: number; readonly updateId: number }
  | {
      readonly kind: "update";
      /** `undefined`: the one after the last. */
      readonly updateId: number | undefined;
      /** Time left, ms, u32; `undefined`: the whole expiry of the receiver's table. */
      readonly leftMs: number | undefined;
      /** Stands at the key. */
      readonly reader: WireReader;
    }
  /** To be skipped: newer programs may say more. */
  | { readonly kind: "unknown" }
  | { readonly kind: "malformed"; readonly reason: string };

const UNKNOWN: PeerMessage = { kind: "unknown" };

const CONTROL_NAMES = Object.keys(CONTROL) as ControlName[];

/** Reads a message's body. */
export function decodeMessage(messageClass: number, type: number, body: Uint8Array): PeerMessage {
  switch (messageClass) {
    case CLASS.control: {
      const name = CONTROL_NAMES[type];
      return name === undefined ? UNKNOWN : { kind: "control", name };
    }
    case CLASS.error:
      if (type === ERROR.protocol) return { kind: "error", name: "protocol" };
      return type === ERROR.sizeLimit ? { kind: "error", name: "sizeLimit" } : UNKNOWN;
    case CLASS.table:
      return decodeTableMessage(type, new WireReader(body));
    case CLASS.reserved:
      return { kind: "malformed", reason: "a message has the reserved class 255" };
    default:
      return UNKNOWN;
  }
}

function decodeTableMessage(type: number, reader: WireReader): PeerMessage {
  switch (type) {
    case TABLE.definition:
      return decodeDefinition(reader);
    case TABLE.switch: {
      const tableId = reader.varint();
      return reader.isShort ? shortOf("switch") : { kind: "switch", tableId };
    }
    case TABLE.ack: {
      const tableId = reader.varint();
      const updateId = reader.u32();
      return reader.isShort ? shortOf("acknowledgement") : { kind: "ack", tableId, updateId };
    }
    case TABLE.update:
    case TABLE.timedUpdate:
    case TABLE.incrementalUpdate:
    case TABLE.timedIncrementalUpdate:
      return decodeUpdate(type, reader);
    default:
      return UNKNOWN;
  }
}

function decodeUpdate(type: number, reader: WireReader): PeerMessage {
  const hasId = type === TABLE.update || type === TABLE.timedUpdate;
  const isTimed = type === TABLE.timedUpdate || type === TABLE.timedIncrementalUpdate;
  const updateId = hasId ? reader.u32() : undefined;
  const leftMs = isTimed ? reader.u32() : undefined;
  return reader.isShort ? shortOf("update") : { kind: "update", updateId, leftMs, reader };
}

function shortOf(what: string): PeerMessage {
  return { kind: "malformed", reason: `a message of type ${what} is cut short` };
}

/** Writes a control message. */
export function writeControl(out: WireWriter, name: ControlName): void {
  writeShort(out, CLASS.control, CONTROL[name]);
}

/** Writes an error. */
export function writeError(out: WireWriter, name: keyof typeof ERROR): void {
  writeShort(out, CLASS.error, ERROR[name]);
}

/** Writes an acknowledgement; `tableId` as the sender of the updates numbers it. */
export function writeAck(out: WireWriter, tableId: number, updateId: number): void {
  const body = new WireWriter();
  body.varint(tableId);
  body.u32(updateId);
  writeFramed(out, CLASS.table, TABLE.ack, body);
}

/** Writes a switch to a table that has been defined. */
export function writeSwitch(out: WireWriter, tableId: number): void {
  const body = new WireWriter();
  body.varint(tableId);
  writeFramed(out, CLASS.table, TABLE.switch, body);
}

/** The type of an update that tells its id and its time left, or not. */
export function updateType(hasId: boolean, isTimed: boolean): number {
  if (isTimed) return hasId ? TABLE.timedUpdate : TABLE.timedIncrementalUpdate;
  return hasId ? TABLE.update : TABLE.incrementalUpdate;
}

/** Begins an update's body with what comes before its key; the type that it is to be framed with. */
export function beginUpdate(
  body: WireWriter,
  updateId: number | undefined,
  leftMs: number | undefined,
): number {
  if (updateId !== undefined) body.u32(updateId);
  if (leftMs !== undefined) body.u32(leftMs);
  return updateType(updateId !== undefined, leftMs !== undefined);
}
