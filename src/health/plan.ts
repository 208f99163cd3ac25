// From the configuration to what one check of one server does.
import type { Endpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import type { HttpCheckRule, TcpCheckRule } from "../config/model/check.ts";
import type { GlobalSection } from "../config/model/global.ts";
import type { Proxy, SourceSettings } from "../config/model/proxy.ts";
import type { Server } from "../config/model/server.ts";

/** One step of a check script. */
export type CheckRule = TcpCheckRule | HttpCheckRule;

/** What a check connects to unless a `connect` rule says otherwise. */
export interface CheckTarget {
  /** Absent while the server's name has no address: the check then reports `SOCKERR`. */
  readonly endpoint?: Endpoint;
  readonly tls: boolean;
  readonly sni?: string;
  readonly alpn?: readonly string[];
  readonly sendProxy?: 1 | 2;
}

/** Everything one check of one server needs; plain data. */
export interface CheckPlan {
  readonly kind: "tcp" | "tcp-check" | "httpchk" | "agent";
  readonly target: CheckTarget;
  readonly rules: readonly CheckRule[];
  /** `agent-send`, and empty for other kinds. */
  readonly agentSend: string;
  /** The longest wait for connecting, TLS included. */
  readonly connectTimeoutMs: Millis;
  /** The longest wait once connected; absent: what is left of `totalTimeoutMs`. */
  readonly readTimeoutMs?: Millis;
  readonly source?: SourceSettings;
}

/** Builds the plan of a server's health check; `resolved` is the address of a server given by name. */
export declare function planCheck(
  proxy: Proxy,
  server: Server,
  global: GlobalSection,
  resolved?: Endpoint,
): CheckPlan;

/** Builds the plan of a server's agent check; `undefined` when it has none. */
export declare function planAgent(
  proxy: Proxy,
  server: Server,
  global: GlobalSection,
  resolved?: Endpoint,
): CheckPlan | undefined;
