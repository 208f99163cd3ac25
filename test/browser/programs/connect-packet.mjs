// What the devices of these programs say first.
import { Buffer } from "node:buffer";
import mqttPacket from "mqtt-packet";

const KINDS = ["meter", "thermostat", "pump", "gateway", "valve", "charger"];

/** The CONNECT of a device by its number. */
export function connectPacket(number) {
  return mqttPacket.generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 5,
    clean: true,
    keepalive: 60,
    clientId: `${KINDS[number % KINDS.length]}-${String(number).padStart(5, "0")}`,
    ...(number % 3 === 0 ? { username: `site-${number % 7}`, password: Buffer.from("x") } : {}),
  });
}
