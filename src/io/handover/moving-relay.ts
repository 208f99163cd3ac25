// A relay that moves to another machine together with its address: both of its connections, and what the relay
// itself has in hand. Four steps: the address goes, `holdRelay`, `restoreRelay` over there, the address comes
// there, `startRelay`. Should the other machine not take it, `releaseRelay` once the address is back.
import { Buffer } from "node:buffer";
import type { MoverAddon } from "../mover/native/addon.ts";
import type { PassOutcome } from "./descriptor-channel.ts";
import type { FrozenRelay, RelayInHand } from "./frozen-relay.ts";
import { restoreTcp, startTcp } from "./restore-tcp.ts";
import { holdTcp, type TcpState } from "./tcp-state.ts";

/** A relay without sockets. */
export interface MovingRelay {
  readonly client: TcpState;
  readonly server: TcpState;
  readonly relay: RelayInHand;
}

/** A relay whose sockets are under repair. They belong to whoever holds this. */
export interface HeldRelay {
  readonly clientFd: number;
  readonly serverFd: number;
}

/**
 * Takes the sockets of a frozen relay out of their kernel's hands; see `holdTcp` for what is refused, in which case
 * both go on. The descriptors stay open and the caller's: to be closed, which tells nobody, once the other machine
 * has the relay.
 */
export function holdRelay(addon: MoverAddon, frozen: FrozenRelay): PassOutcome<MovingRelay> {
  const { clientFd, serverFd, ...relay } = frozen;
  const client = holdTcp(addon, clientFd);
  if (!client.ok) return client;
  const server = holdTcp(addon, serverFd);
  if (server.ok) return { ok: true, value: { client: client.value, server: server.value, relay } };
  addon.endRepair(clientFd);
  return server;
}

/** Undoes `holdRelay`: the relay may be resumed where it was. */
export function releaseRelay(addon: MoverAddon, held: HeldRelay): void {
  addon.endRepair(held.clientFd);
  addon.endRepair(held.serverFd);
}

/** Makes both sockets, or none. */
export function restoreRelay(addon: MoverAddon, moving: MovingRelay): PassOutcome<HeldRelay> {
  const client = restoreTcp(addon, moving.client);
  if (!client.ok) return client;
  const server = restoreTcp(addon, moving.server);
  if (server.ok) return { ok: true, value: { clientFd: client.value, serverFd: server.value } };
  addon.closeDescriptor(client.value, false);
  return server;
}

/**
 * Lets both sockets run; the relay may be resumed. On failure its descriptors are closed, by a reset where one
 * runs already.
 */
export function startRelay(
  addon: MoverAddon,
  moving: MovingRelay,
  held: HeldRelay,
): PassOutcome<FrozenRelay> {
  const toClient = startTcp(addon, held.clientFd, moving.client.unsent);
  const toServer = startTcp(addon, held.serverFd, moving.server.unsent);
  if (!toClient.ok) return giveUp(addon, held, toClient.code);
  if (!toServer.ok) return giveUp(addon, held, toServer.code);
  const { relay } = moving;
  const forClient = joined(toClient.value, relay.forClient);
  const forServer = joined(toServer.value, relay.forServer);
  return { ok: true, value: { ...relay, ...held, forClient, forServer } };
}

function giveUp(addon: MoverAddon, held: HeldRelay, code: string): PassOutcome<FrozenRelay> {
  addon.closeDescriptor(held.clientFd, true);
  addon.closeDescriptor(held.serverFd, true);
  return { ok: false, code };
}

function joined(first: Uint8Array, second: Uint8Array | undefined): Uint8Array | undefined {
  if (first.length === 0) return second;
  return second === undefined ? first : Buffer.concat([first, second]);
}
