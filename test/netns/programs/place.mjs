// Connects MQTT devices one after the other, by client identifier, and tells each CONNACK.
// place.mjs <host> <port> <prefix> <count>
import mqtt from "mqtt";

const [host, port, prefix, count] = process.argv.slice(2);

for (let index = 0; index < Number(count); index += 1) {
  const clientId = `${prefix}-${index}`;
  const client = await mqtt.connectAsync({
    host,
    port: Number(port),
    clientId,
    connectTimeout: 5_000,
    reconnectPeriod: 200,
  });
  console.log(clientId);
  await client.endAsync();
}
