/** Packets by their type, 0 to 15, as metrics name them (MQTT 5.0 §2.1.2). */
export const PACKET_TYPE_NAMES: readonly string[] = [
  "reserved",
  "connect",
  "connack",
  "publish",
  "puback",
  "pubrec",
  "pubrel",
  "pubcomp",
  "subscribe",
  "suback",
  "unsubscribe",
  "unsuback",
  "pingreq",
  "pingresp",
  "disconnect",
  "auth",
];
