// Any CONNECT: checked by `strict.ts`, read by mqtt-packet.
import type { ConnectFacts } from "./inspect.ts";
import { parseFrame } from "./parse-frame.ts";
import { findConnectFault } from "./strict.ts";

/** What a whole CONNECT says whose body begins at `start`, or what is wrong with it. */
export function parseConnect(frame: Uint8Array, start: number): ConnectFacts | string {
  const fault = findConnectFault(frame, start);
  if (fault !== undefined) return fault;
  const packet = parseFrame(frame);
  if (typeof packet === "string") return packet;
  if (packet.cmd !== "connect") return `mqtt-packet sees a ${packet.cmd}`;
  const nameLength = (frame[start]! << 8) | frame[start + 1]!;
  const flags = frame[start + 2 + nameLength + 1]!;
  return {
    protocolName: packet.protocolId ?? "MQTT",
    protocolVersion: packet.protocolVersion ?? 4,
    flags,
    clean: packet.clean ?? false,
    keepaliveSeconds: packet.keepalive ?? 0,
    clientId: packet.clientId,
    properties: packet.properties ?? {},
    ...(packet.username === undefined ? {} : { username: packet.username }),
    ...(packet.password === undefined ? {} : { password: packet.password }),
    ...(packet.will === undefined
      ? {}
      : {
          will: {
            topic: packet.will.topic,
            payload: packet.will.payload as Buffer,
            qos: packet.will.qos ?? 0,
            retain: packet.will.retain ?? false,
            properties: packet.will.properties ?? {},
          },
        }),
  };
}
