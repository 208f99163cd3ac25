// MQTT 5 properties: which identifiers exist where, and of which type (MQTT 5.0 §2.2.2.2).

/** How a property's value is written. */
export type PropertyType =
  "flag" | "byte" | "int16" | "int32" | "string" | "topic" | "binary" | "pair";

/** The lists of properties that a first packet can hold. */
export type PropertyPlace = "connect" | "will" | "connack";

/** One property in one place. `field` is the name that mqtt-packet gives it. */
export interface PropertyDefinition {
  readonly id: number;
  readonly field: string;
  readonly type: PropertyType;
  /** A zero value is a protocol error. */
  readonly nonZero?: boolean;
}

function property(
  id: number,
  field: string,
  type: PropertyType,
  nonZero = false,
): PropertyDefinition {
  return nonZero ? { id, field, type, nonZero } : { id, field, type };
}

const SESSION_EXPIRY = property(17, "sessionExpiryInterval", "int32");
const AUTH_METHOD = property(21, "authenticationMethod", "string");
const AUTH_DATA = property(22, "authenticationData", "binary");
const RECEIVE_MAX = property(33, "receiveMaximum", "int16", true);
const TOPIC_ALIAS_MAX = property(34, "topicAliasMaximum", "int16");
const USER = property(38, "userProperties", "pair");
const PACKET_MAX = property(39, "maximumPacketSize", "int32", true);

/** The user property, the one that may repeat. */
export const USER_PROPERTY_ID = 38;

/** Authentication data needs the method beside it (MQTT 5.0 §3.1.2.11.10). */
export const AUTH_METHOD_ID = 21;
export const AUTH_DATA_ID = 22;

/** The properties of each place. */
export const PROPERTIES: Readonly<Record<PropertyPlace, readonly PropertyDefinition[]>> = {
  connect: [
    SESSION_EXPIRY,
    AUTH_METHOD,
    AUTH_DATA,
    property(23, "requestProblemInformation", "flag"),
    property(25, "requestResponseInformation", "flag"),
    RECEIVE_MAX,
    TOPIC_ALIAS_MAX,
    USER,
    PACKET_MAX,
  ],
  will: [
    property(1, "payloadFormatIndicator", "flag"),
    property(2, "messageExpiryInterval", "int32"),
    property(3, "contentType", "string"),
    property(8, "responseTopic", "topic"),
    property(9, "correlationData", "binary"),
    property(24, "willDelayInterval", "int32"),
    USER,
  ],
  connack: [
    SESSION_EXPIRY,
    property(18, "assignedClientIdentifier", "string"),
    property(19, "serverKeepAlive", "int16"),
    AUTH_METHOD,
    AUTH_DATA,
    property(26, "responseInformation", "string"),
    property(28, "serverReference", "string"),
    property(31, "reasonString", "string"),
    RECEIVE_MAX,
    TOPIC_ALIAS_MAX,
    property(36, "maximumQoS", "flag"),
    property(37, "retainAvailable", "flag"),
    USER,
    PACKET_MAX,
    property(40, "wildcardSubscriptionAvailable", "flag"),
    property(41, "subscriptionIdentifiersAvailable", "flag"),
    property(42, "sharedSubscriptionAvailable", "flag"),
  ],
};

const BY_ID: Readonly<Record<PropertyPlace, ReadonlyMap<number, PropertyDefinition>>> = {
  connect: new Map(PROPERTIES.connect.map((p) => [p.id, p])),
  will: new Map(PROPERTIES.will.map((p) => [p.id, p])),
  connack: new Map(PROPERTIES.connack.map((p) => [p.id, p])),
};

/** The property with this identifier in this place, or `undefined` where it is not allowed. */
export function findProperty(place: PropertyPlace, id: number): PropertyDefinition | undefined {
  return BY_ID[place].get(id);
}
