// Who was heard of each virtual router, for people: the last word of each sender.
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import { HEARD_NODES_MAX } from "../limits.ts";
import type { AdvertPath, VrrpState } from "../vrrp/election-events.ts";

/** The last word of one sender. */
export interface HeardNode {
  readonly source: IpBytes;
  /** 0: it resigned. */
  readonly priority: number;
  /** What it said to be; an advert speaks as master. */
  readonly state: VrrpState;
  readonly path: AdvertPath;
  readonly heardMs: Millis;
}

/** The senders of one path, by instance; of more than `HEARD_NODES_MAX` the one silent for longest is forgotten. */
export class HeardNodes {
  readonly #nodes = new Map<string, HeardNode[]>();

  note(instance: string, node: HeardNode): void {
    let nodes = this.#nodes.get(instance);
    if (nodes === undefined) this.#nodes.set(instance, (nodes = []));
    const known = nodes.findIndex(({ source }) => isSame(source, node.source));
    if (known >= 0) nodes.splice(known, 1);
    else if (nodes.length >= HEARD_NODES_MAX) nodes.shift();
    nodes.push(node);
  }

  /** The one heard last comes last. */
  of(instance: string): readonly HeardNode[] {
    return this.#nodes.get(instance) ?? [];
  }

  /** Forgets instances that are no more. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#nodes.keys()) if (!names.has(name)) this.#nodes.delete(name);
  }
}

function isSame(one: IpBytes, other: IpBytes): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
