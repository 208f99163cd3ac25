// What `tandem check` says of idle limits that are too short for MQTT.
import type { Configuration } from "./model/configuration.ts";
import type { Proxy } from "./model/proxy.ts";
import { printTime } from "./print/line.ts";

/** One and a half times the keep alive of mosquitto's clients, mqtt.js and Paho unless they are told another. */
const USUAL_IDLE_MS = 90_000;

/** The ports that are registered for MQTT, without and with TLS. */
const MQTT_PORTS: ReadonlySet<number> = new Set([1883, 8883]);

/** A hint if MQTT clients that keep to the usual keep alive may run into `timeout client`. */
export function idleHint(proxy: Proxy, configuration: Configuration): readonly string[] {
  const { client = 0 } = proxy.timeouts;
  if (client === 0 || client >= USUAL_IDLE_MS || !isForMqtt(proxy)) return [];
  // `timeout tunnel` holds instead.
  if (backendsOf(proxy, configuration).some(({ timeouts }) => timeouts.tunnel !== undefined)) {
    return [];
  }
  return [
    `'timeout client ${printTime(client)}' is shorter than 1.5 times the usual keep alive of MQTT clients, ` +
      "60 s: idle devices may lose their connection. '#tandem timeout client mqtt' follows each device's own.",
  ];
}

function isForMqtt({ frontend, flags, mode }: Proxy): boolean {
  if (frontend === undefined || frontend.mqttIdle !== undefined || mode !== "tcp") return false;
  const isUsualPort = frontend.binds.some(
    ({ address }) => address.kind === "ip" && MQTT_PORTS.has(address.port),
  );
  return isUsualPort || flags.has("mqtt-refuse");
}

function backendsOf(proxy: Proxy, { proxies }: Configuration): readonly Proxy[] {
  const { useBackend = [], defaultBackend } = proxy.frontend ?? {};
  const names = [proxy.name, defaultBackend, ...useBackend.map(({ backend }) => backend)];
  return proxies.filter(({ backend, name }) => backend !== undefined && names.includes(name));
}
