// `global`: settings of the process.
import type { Position } from "../../base/diagnostic.ts";
import type { Millis } from "../../base/units.ts";
import type { BindAddress, UnixAccess } from "./bind.ts";
import type { LogTarget } from "./log.ts";
import type { SslDefaults } from "./tls.ts";

/** `global`: what concerns the process. */
export interface GlobalSection {
  readonly maxconn?: number;
  /** Threads that relay, 1 to 64. */
  readonly nbthread?: number;
  readonly maxconnrate?: number;
  readonly maxsessrate?: number;
  readonly ulimitN?: number;
  readonly daemon: boolean;
  readonly pidfile?: string;
  readonly chroot?: string;
  /** User name, or `uid` as a number. */
  readonly user?: string | number;
  readonly group?: string | number;
  readonly node?: string;
  readonly description?: string;
  readonly localpeer?: string;
  readonly logs: readonly LogTarget[];
  readonly logTag?: string;
  /** `log-send-hostname`: `true` for the machine's own name. */
  readonly logSendHostname?: string | true;
  readonly hardStopAfterMs?: Millis;
  readonly graceMs?: Millis;
  /** `spread-checks`, 0..50 percent. */
  readonly spreadChecks: number;
  readonly maxSpreadChecksMs?: Millis;
  readonly statsSockets: readonly StatsSocket[];
  readonly statsTimeoutMs?: Millis;
  readonly serverStateFile?: string;
  readonly serverStateBase?: string;
  readonly sslDefaults: SslDefaults;
  /** `tune.*` settings that have an effect here, by full name; sizes in bytes, times in ms. */
  readonly tune: Readonly<Record<string, number>>;
  /** `table-directory` (ours): where stick tables are kept over a restart. */
  readonly tableDirectory?: string;
  /** `table-save-interval` (ours), default 60 s. */
  readonly tableSaveIntervalMs: Millis;
  /** `balancer-probe` (ours), default tcp: how a supervised balancer probes its own listeners. */
  readonly balancerProbe: BalancerProbe;
  /** `mover` (ours), default auto: what moves the bytes of connections. */
  readonly mover: MoverChoice;
  /** `tickle-rate` (ours), default 2,000: idle clients that are woken a second after a takeover; 0: none. */
  readonly tickleRate: number;
  /** `gone-address-grace` (ours), default 10 s: from a VIP's leaving to the end of its sessions; 0: never. */
  readonly goneAddressGraceMs: Millis;
}

/** By a bare TCP connection to each listener, by an MQTT client through the first one, or not at all. */
export type BalancerProbe = "tcp" | "mqtt" | "off";

/** The native part, else Node's sockets and a warning; the native part or nothing; Node's sockets. */
export type MoverChoice = "auto" | "native" | "node";

/** `stats socket <address> [mode m] [level l] ...`. */
export interface StatsSocket {
  readonly endpoint: BindAddress;
  readonly level: "user" | "operator" | "admin";
  readonly access: UnixAccess;
  readonly position: Position;
}
