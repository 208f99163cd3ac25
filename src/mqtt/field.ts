// The fields that `mqtt_field_value` can name (haproxy configuration §7.3.1).
import { byteString, byteStringOfText } from "../rules/bytes.ts";
import type { ConnackFacts, ConnectFacts, Inspection, PropertyValues } from "./inspect.ts";
import { PACKET_TYPE_NAMES } from "./packet-types.ts";
import { PROPERTIES, type PropertyDefinition, USER_PROPERTY_ID } from "./properties.ts";

const NAMED_TYPES = PACKET_TYPE_NAMES.slice(1);

const CONNECT_FIELDS: Readonly<Record<string, (packet: ConnectFacts) => string | undefined>> = {
  flags: (packet) => String(packet.flags),
  protocol_name: (packet) => packet.protocolName,
  protocol_version: (packet) => String(packet.protocolVersion),
  client_identifier: (packet) => byteStringOfText(packet.clientId),
  will_topic: (packet) => packet.will && byteStringOfText(packet.will.topic),
  will_payload: (packet) => packet.will && byteString(packet.will.payload),
  username: (packet) =>
    packet.username === undefined ? undefined : byteStringOfText(packet.username),
  password: (packet) => (packet.password === undefined ? undefined : byteString(packet.password)),
  keepalive: (packet) => String(packet.keepaliveSeconds),
};

const CONNACK_FIELDS: Readonly<Record<string, (packet: ConnackFacts) => string | undefined>> = {
  flags: (packet) => String(packet.flags),
  protocol_version: (packet) => String(packet.protocolVersion),
  reason_code: (packet) => String(packet.reasonCode),
};

/** Reads one field of an inspected packet as a byte string; `undefined` when it is absent or empty. */
export type FieldReader = (inspection: Inspection) => string | undefined;

/** A reader, or HAProxy's complaint about the arguments. */
export type FieldLookup =
  | { readonly ok: true; readonly read: FieldReader }
  | { readonly ok: false; readonly message: string };

/** Finds the reader of `mqtt_field_value(type,field)`; both are names or numbers. */
export function findField(type: string, field: string): FieldLookup {
  const name = packetType(type);
  if (name === undefined) return { ok: false, message: `Unknown MQTT type '${type}'` };
  const read =
    name === "connect" ? connectField(field) : name === "connack" ? connackField(field) : undefined;
  if (read === undefined) {
    const message = `Unknown MQTT field name '${field}' for packet type '${type}'`;
    return { ok: false, message };
  }
  return { ok: true, read: (inspection) => read(inspection) || undefined };
}

function packetType(type: string): string | undefined {
  if (/^\d+$/.test(type)) return NAMED_TYPES[Number(type) - 1];
  const name = type.toLowerCase();
  return NAMED_TYPES.includes(name) ? name : undefined;
}

function ownReader<T>(
  table: Readonly<Record<string, (packet: T) => string | undefined>>,
  field: string,
): ((packet: T) => string | undefined) | undefined {
  return Object.hasOwn(table, field) ? table[field] : undefined;
}

function connectField(field: string): FieldReader | undefined {
  const named = ownReader(CONNECT_FIELDS, field.toLowerCase());
  if (named !== undefined) {
    return (inspection) => (inspection.kind === "connect" ? named(inspection.packet) : undefined);
  }
  const own = propertyById(PROPERTIES.connect, field);
  if (own !== undefined) {
    return (inspection) =>
      inspection.kind === "connect" && inspection.packet.protocolVersion === 5
        ? propertyText(inspection.packet.properties, own)
        : undefined;
  }
  const will = propertyById(PROPERTIES.will, field);
  if (will === undefined) return undefined;
  return (inspection) => {
    if (inspection.kind !== "connect" || inspection.packet.protocolVersion !== 5) return undefined;
    return inspection.packet.will && propertyText(inspection.packet.will.properties, will);
  };
}

function connackField(field: string): FieldReader | undefined {
  const named = ownReader(CONNACK_FIELDS, field.toLowerCase());
  if (named !== undefined) {
    return (inspection) => (inspection.kind === "connack" ? named(inspection.packet) : undefined);
  }
  const definition = propertyById(PROPERTIES.connack, field);
  if (definition === undefined) return undefined;
  return (inspection) =>
    inspection.kind === "connack" && inspection.packet.protocolVersion === 5
      ? propertyText(inspection.packet.properties, definition)
      : undefined;
}

function propertyById(
  definitions: readonly PropertyDefinition[],
  field: string,
): PropertyDefinition | undefined {
  return definitions.find((definition) => String(definition.id) === field);
}

/** Numbers in decimal, 0 when absent; text and bytes as sent; a user property has no single value. */
function propertyText(values: PropertyValues, definition: PropertyDefinition): string | undefined {
  if (definition.id === USER_PROPERTY_ID) return undefined;
  const value = values[definition.field];
  if (typeof value === "string") return byteStringOfText(value);
  if (value instanceof Uint8Array) return byteString(value);
  if (typeof value === "number" || typeof value === "boolean") return String(Number(value));
  return definition.type === "string" || definition.type === "topic" || definition.type === "binary"
    ? undefined
    : "0";
}
