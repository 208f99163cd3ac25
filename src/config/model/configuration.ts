// What a haproxy.cfg says, after defaults are applied and names are resolved. The model is plain
// data: the printer writes it back as a file, the reload compares two of them, and nothing in it
// refers to running state. Field comments name the keyword and its section in HAProxy's manual
// only where the name does not already say it.
import type { Position } from "../../base/diagnostic.ts";
import type { Millis } from "../../base/units.ts";
import type { Bind } from "./bind.ts";
import type { GlobalSection } from "./global.ts";
import type { Proxy } from "./proxy.ts";
import type { ServerAddress } from "./server.ts";
import type { StickTableSpec } from "./stick.ts";
import type { ServerTls } from "./tls.ts";

/** A whole configuration, from all its files. */
export interface Configuration {
  readonly global: GlobalSection;
  /** This node's name among peers: `localpeer`, `-L`, or the host name. */
  readonly localPeer: string;
  readonly proxies: readonly Proxy[];
  readonly peers: readonly PeersSection[];
  readonly userlists: readonly Userlist[];
  readonly resolvers: readonly ResolversSection[];
}

/** A `peers` section. */
export interface PeersSection {
  readonly name: string;
  readonly position: Position;
  readonly disabled: boolean;
  readonly peers: readonly {
    readonly name: string;
    readonly address?: ServerAddress;
    readonly tls?: ServerTls;
    readonly position: Position;
  }[];
  /** `bind`, with the words of `default-bind`. Without it the local peer's own address is listened on. */
  readonly bind?: Bind;
  /** `default-bind`: the words for listening on the local peer's own address. */
  readonly defaultBind?: Omit<Bind, "address">;
  readonly tables: readonly StickTableSpec[];
}

/** A `userlist` section. */
export interface Userlist {
  readonly name: string;
  readonly position: Position;
  readonly users: readonly {
    readonly name: string;
    readonly password?: string;
    readonly insecure: boolean;
    readonly groups: readonly string[];
  }[];
  readonly groups: readonly { readonly name: string; readonly users: readonly string[] }[];
}

/** A `resolvers` section; intervals in ms. */
export interface ResolversSection {
  readonly name: string;
  readonly position: Position;
  readonly nameservers: readonly {
    readonly name: string;
    readonly host: string;
    readonly port: number;
  }[];
  readonly parseResolvConf: boolean;
  readonly retries: number;
  readonly resolveMs: Millis;
  readonly retryMs: Millis;
  readonly hold: Readonly<Record<string, Millis>>;
}
