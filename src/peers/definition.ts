// Table definitions of the peers protocol (haproxy peers.txt, "Table definition"): which table the
// updates after it are about, what its keys are and which data follow each key.
import type { Millis } from "../base/units.ts";
import type { StickKeyType, StickTableSpec } from "../config/model/stick.ts";
import { PEER_SHOWN_CHARS_MAX, STICK_ARRAY_COUNT_MAX } from "../limits.ts";
import { DATA_TYPES } from "../stick/data-types.ts";
import type { StoredType } from "../stick/table-data.ts";
import type { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** The key types' numbers on the wire. */
const KEY_TYPE_NUMBERS: Readonly<Record<StickKeyType, number>> = {
  integer: 2,
  ip: 4,
  ipv6: 5,
  string: 6,
  binary: 7,
};

/** A table as one side announces it. */
export interface WireDefinition {
  /** The sender's number for this table, valid for the session. */
  readonly tableId: number;
  readonly name: string;
  readonly keyType: number;
  /** Bytes; of strings with their end mark. */
  readonly keyLength: number;
  /** What follows each key, by ascending number. */
  readonly types: readonly StoredType[];
  /** The sender's `expire`; 0: none, or not told. */
  readonly expireMs: Millis;
}

/** A definition that a peer sent. */
export type DecodedDefinition =
  | { readonly kind: "definition"; readonly definition: WireDefinition }
  /** HAProxy drops it without a word and all updates after it. */
  | {
      readonly kind: "unusable-definition";
      readonly tableId: number;
      readonly name: string;
      readonly reason: string;
    }
  | { readonly kind: "malformed"; readonly reason: string };

/** What makes each side drop the other one's definition of a table of the same name. */
export interface DefinitionMismatch {
  readonly what: "key type" | "key length";
  readonly here: string;
  readonly there: string;
}

/** A table's name on the wire: that of its proxy, or `/<table>` for one of the peers section itself. */
export function wireName(spec: Pick<StickTableSpec, "name">, section: string): string {
  const prefix = `${section}/`;
  return spec.name.startsWith(prefix) ? spec.name.slice(section.length) : spec.name;
}

/** What this node announces of a table. `types`: those that the table stores. */
export function definitionOf(
  spec: StickTableSpec,
  types: readonly StoredType[],
  name: string,
  tableId: number,
): WireDefinition {
  return {
    tableId,
    name,
    keyType: KEY_TYPE_NUMBERS[spec.keyType],
    keyLength: keyLengthOf(spec),
    types,
    expireMs: spec.expireMs ?? 0,
  };
}

function keyLengthOf({ keyType, keyLengthMax }: StickTableSpec): number {
  if (keyType === "ip" || keyType === "integer") return 4;
  if (keyType === "ipv6") return 16;
  return keyType === "string" ? keyLengthMax + 1 : keyLengthMax;
}

/** The body of a definition. */
export function encodeDefinition(definition: WireDefinition): WireWriter {
  const body = new WireWriter();
  const name = Buffer.from(definition.name, "utf8");
  body.varint(definition.tableId);
  body.varint(name.length);
  body.bytes(name);
  body.varint(definition.keyType);
  body.varint(definition.keyLength);
  body.varint(definition.types.reduce((sum, { type }) => sum + 2 ** type.number, 0));
  body.varint(definition.expireMs);
  for (const { type, count, periodMs } of definition.types) {
    if (!type.isArray && type.kind !== "rate") continue;
    body.varint(type.number);
    if (type.isArray) body.varint(count);
    if (type.kind === "rate") body.varint(periodMs);
  }
  return body;
}

/** Reads a definition's body, with HAProxy's judgement of what is malformed and what is ignored. */
export function decodeDefinition(reader: WireReader): DecodedDefinition {
  const tableId = reader.varint();
  const nameLength = reader.varint();
  if (nameLength === 0 || nameLength >= reader.remaining) {
    return { kind: "malformed", reason: "a table definition has no name, or nothing after it" };
  }
  const name = Buffer.from(reader.byteString(nameLength), "latin1").toString("utf8");
  const keyType = reader.varint();
  const keyLength = reader.varint();
  const bits = reader.varint64();
  if (reader.isShort) return { kind: "malformed", reason: "a table definition is cut short" };
  const hasParameters = reader.remaining > 0;
  const expireMs = hasParameters ? reader.varint() : 0;
  const types: StoredType[] = [];
  for (const type of DATA_TYPES) {
    if (((bits >> BigInt(type.number)) & 1n) === 0n) continue;
    const stored: StoredType | undefined =
      type.isArray || (hasParameters && type.kind === "rate")
        ? readParameters(reader, type)
        : { type, count: 1, periodMs: 0 };
    if (stored === undefined) {
      const reason = `it tells no number of elements or no period of ${type.name}`;
      return { kind: "unusable-definition", tableId, name, reason };
    }
    types.push(stored);
  }
  return {
    kind: "definition",
    definition: { tableId, name, keyType, keyLength, types, expireMs },
  };
}

function readParameters(reader: WireReader, type: StoredType["type"]): StoredType | undefined {
  const number = reader.varint();
  const count = type.isArray ? reader.varint() : 1;
  const periodMs = type.kind === "rate" ? reader.varint() : 0;
  if (reader.isShort || number !== type.number) return undefined;
  return count < 1 || count > STICK_ARRAY_COUNT_MAX ? undefined : { type, count, periodMs };
}

/** Why two definitions of the same name exclude each other; other differences do not matter. */
export function compareDefinitions(
  here: WireDefinition,
  there: WireDefinition,
): DefinitionMismatch | undefined {
  if (here.keyType !== there.keyType) {
    return {
      what: "key type",
      here: keyTypeName(here.keyType),
      there: keyTypeName(there.keyType),
    };
  }
  if (here.keyLength === there.keyLength) return undefined;
  return {
    what: "key length",
    here: String(usableLength(here)),
    there: String(usableLength(there)),
  };
}

/** A key type's name by its number on the wire. */
export function keyTypeName(number: number): string {
  const known = Object.entries(KEY_TYPE_NUMBERS).find(([, value]) => value === number);
  return known?.[0] ?? `unknown (${number})`;
}

/** As `len` in the configuration says it. */
function usableLength({ keyType, keyLength }: WireDefinition): number {
  return keyType === KEY_TYPE_NUMBERS.string ? keyLength - 1 : keyLength;
}

/** A peer's word as it can be shown in a line. */
export function shown(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, "?");
  return plain.length <= PEER_SHOWN_CHARS_MAX ? plain : `${plain.slice(0, PEER_SHOWN_CHARS_MAX)}…`;
}
