// How far the list of live connections has come from one node to the other.
import path from "node:path";
import { askControl } from "../../src/base/io/control-client.ts";
import { CONTROL_FILE_NAME } from "../../src/io/control-socket.ts";
import type { BalancerStatus } from "../../src/stats/balancer-status.ts";

/** How many updates of that list a node has been sent by its peer; the folder is that of its sockets. */
export async function listedCount(controlFolder: string): Promise<number> {
  const asked = await askControl(path.join(controlFolder, CONTROL_FILE_NAME), "status", {
    answerMs: 1_000,
    answerBytesMax: 1 << 20,
  });
  if (asked.kind !== "answer") return 0;
  const { peers } = asked.value as unknown as BalancerStatus;
  const tables = peers.flatMap((section) => section.peers.flatMap((peer) => peer.tables));
  const received = tables.map(({ name, receivedCount }) =>
    name === "tandem-live" ? (receivedCount ?? 0) : 0,
  );
  return Math.max(0, ...received);
}
