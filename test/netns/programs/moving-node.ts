// A node that relays TCP and lets go of its relays, or goes on with those of another, one step for each order.
// Arguments: own address, port, server's address, server's port.
import { decodeMoving, encodeMoving } from "../../../src/io/handover/moving-description.ts";
import type { FrozenRelay } from "../../../src/io/handover/frozen-relay.ts";
import {
  type HeldRelay,
  holdRelay,
  type MovingRelay,
  releaseRelay,
  restoreRelay,
  startRelay,
} from "../../../src/io/handover/moving-relay.ts";
import { loadMoverAddon, type MoverAddon } from "../../../src/io/mover/native/addon.ts";
import { RelayingMover } from "../../integration/relaying-mover.ts";
import type { NodeAnswers, NodeOrder } from "../moving-harness.ts";

const [vip, port, serverHost, serverPort] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
];
const loaded = loadMoverAddon();
if (loaded.addon === undefined) throw new Error("The native part is needed here");
const addon: MoverAddon = loaded.addon;
const node = new RelayingMover(addon, Number(serverPort), {
  listenHost: vip.includes(":") ? "::" : "0.0.0.0",
  listenPort: Number(port),
  serverHost,
  source: vip,
});

let frozen: FrozenRelay[] = [];
let restored: { readonly moving: MovingRelay; readonly held: HeldRelay }[] = [];
let lastName = 1_000_000;

const orders: { [Name in keyof NodeAnswers]: (order: NodeOrder) => Promise<NodeAnswers[Name]> } = {
  listen: () => node.listen(),
  relays: () => Promise.resolve(node.relays.length),
  ends: () => Promise.resolve([...node.ends]),
  freeze: async () => {
    frozen = await node.freezeAll();
    const inHand = frozen.map(({ forClient, forServer }) => [forClient, forServer]).flat();
    return { count: frozen.length, isInHand: inHand.some((bytes) => bytes !== undefined) };
  },
  resume: () => {
    frozen.forEach(resume);
    return Promise.resolve(frozen.length);
  },
  hold: () => Promise.resolve(hold()),
  drop: () => {
    for (const relay of frozen) close(relay);
    return Promise.resolve(frozen.length);
  },
  release: () => {
    for (const relay of frozen) releaseRelay(addon, relay);
    return Promise.resolve(frozen.length);
  },
  restore: ({ descriptions }) => {
    restored = (descriptions ?? []).map((bytes) => restore(Buffer.from(bytes)));
    return Promise.resolve(restored.length);
  },
  start: () => {
    for (const { moving, held } of restored) {
      const started = startRelay(addon, moving, held);
      if (!started.ok) throw new Error(`A relay could not be started: ${started.code}`);
      resume(started.value);
    }
    return Promise.resolve(restored.length);
  },
};

function hold(): NodeAnswers["hold"] {
  const held = frozen.map((relay) => {
    const moving = holdRelay(addon, relay);
    if (!moving.ok) throw new Error(`A relay could not be held: ${moving.code}`);
    return moving.value;
  });
  const sum = (length: (moving: MovingRelay) => number): number =>
    held.reduce((total, moving) => total + length(moving), 0);
  return {
    descriptions: held.map((moving) => encodeMoving(moving)!),
    received: sum(({ client, server }) => client.received.length + server.received.length),
    unacknowledged: sum(
      ({ client, server }) => client.unacknowledged.length + server.unacknowledged.length,
    ),
    unsent: sum(({ client, server }) => client.unsent.length + server.unsent.length),
    inHand: sum(({ relay }) => (relay.forClient?.length ?? 0) + (relay.forServer?.length ?? 0)),
  };
}

function restore(description: Buffer): (typeof restored)[number] {
  const moving = decodeMoving(description);
  if (moving === undefined) throw new Error("A description cannot be read");
  const held = restoreRelay(addon, moving);
  if (!held.ok) throw new Error(`A relay could not be restored: ${held.code}`);
  return { moving, held: held.value };
}

function resume(relay: FrozenRelay): void {
  node.resume(relay, { client: ++lastName, server: ++lastName });
}

function close(relay: FrozenRelay): void {
  addon.closeDescriptor(relay.clientFd, false);
  addon.closeDescriptor(relay.serverFd, false);
}

process.on("message", (order: NodeOrder) => {
  void orders[order.name](order).then((answer) => process.send!(answer));
});
process.once("disconnect", () => process.exit());
