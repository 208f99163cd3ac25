// Which peers sections a configuration makes this node a member of, and what each of them needs.
import type { Bind } from "../config/model/bind.ts";
import type { Configuration, PeersSection } from "../config/model/configuration.ts";

/** A peer as its line says. */
export type PeerLine = PeersSection["peers"][number];

/** A peers section that this node takes part in. */
export interface PeersPlan {
  readonly name: string;
  /** What this node listens on. */
  readonly bind: Bind;
  /** This node as others see it: a new process listens there before the old one ends. */
  readonly local: PeerLine;
  readonly remotes: readonly PeerLine[];
}

/**
 * The sections that are served. One that does not name this node is none of them, as in HAProxy,
 * and the reader of the configuration has warned of it.
 */
export function planPeers(configuration: Configuration): readonly PeersPlan[] {
  const { localPeer } = configuration;
  return configuration.peers.flatMap((section) => {
    if (section.disabled) return [];
    const local = section.peers.find(({ name }) => name === localPeer);
    const bind = local === undefined ? undefined : (section.bind ?? ownBind(section, local));
    if (local === undefined || bind === undefined) return [];
    const remotes = section.peers.filter((peer) => peer !== local);
    // A `server` line without an address: `bind` says where this node is.
    const address = local.address ?? addressOf(bind);
    const target = address === undefined ? local : { ...local, address };
    return [{ name: section.name, bind, local: target, remotes }];
  });
}

/** The listener on the local peer's own address; `undefined` where that is no number. */
function ownBind({ defaultBind }: PeersSection, { address, position }: PeerLine): Bind | undefined {
  if (address === undefined || address.kind === "name") return undefined;
  const plain = {
    acceptProxy: false,
    transparent: false,
    v4v6: false,
    v6only: false,
    access: {},
  };
  return { ...plain, ...defaultBind, address, position };
}

/** Where a listener is reached from its own machine. */
function addressOf({ address }: Bind): PeerLine["address"] {
  if (address.kind === "fd") return undefined;
  if (address.kind !== "ip") return address;
  const { family, host } = address;
  const isAny = host === "0.0.0.0" || host === "::" || host === "*";
  return isAny ? { ...address, host: family === 6 ? "::1" : "127.0.0.1" } : address;
}
