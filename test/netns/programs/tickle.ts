// Sends one ACK for each connection of the argument, keys in base64, and prints what goes wrong and
// the instant, wall clock, at which all were sent.
import { TickleSender } from "../../../ha/io/tickle-sender.ts";
import { ticklePacket } from "../../../ha/vip/tickle-packet.ts";
import { CONNECTION_KEY_BYTES, readConnectionKey } from "../../../src/base/connection-key.ts";

const keys = Buffer.from(process.argv[2]!, "base64");
const sender = new TickleSender((text) => console.log(JSON.stringify({ problem: text })));
for (let at = 0; at < keys.length; at += CONNECTION_KEY_BYTES) {
  const connection = readConnectionKey(keys.subarray(at, at + CONNECTION_KEY_BYTES))!;
  sender.send(connection.client.address, ticklePacket(connection, at));
}
console.log(JSON.stringify({ sentMs: Date.now() }));
sender.close();
