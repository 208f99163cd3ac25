// A process that goes on with relays: for each line on its input it takes one from the channel that it
// inherits as descriptor 3, and says so.
import { createInterface } from "node:readline";
import { receiveRelay } from "../../src/io/handover/descriptor-channel.ts";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { NativeMover } from "../../src/io/mover/native/native-mover.ts";

const CHANNEL = 3;

const { addon } = loadMoverAddon();
if (addon === undefined) throw new Error("The native part is needed here");
const mover = new NativeMover({
  addon,
  nowMs: () => performance.now(),
  onEvent: (event) => console.log(event.kind === "relay-ended" ? `ended ${event.end}` : event.kind),
});
let lastName = 0;

createInterface({ input: process.stdin }).on("line", () => {
  const received = receiveRelay(addon, CHANNEL);
  if (!received.ok) return console.log(`failed ${received.code}`);
  mover.relays.resume(received.value, { client: ++lastName, server: ++lastName }, {});
  console.log("resumed");
});
