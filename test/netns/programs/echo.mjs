// Answers each UDP datagram on port 7007 with this node's name before the datagram's text.
import { createSocket } from "node:dgram";

const socket = createSocket("udp4");
const name = process.argv[2] ?? "?";
socket.on("message", (message, from) => {
  socket.send(`${name} ${message.toString()}`, from.port, from.address);
});
socket.bind(7007, () => console.log("ready"));
