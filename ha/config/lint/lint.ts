// What a lint is: a usual mistake (reference §5) that the grammar permits.
import type { Diagnostic, Position } from "../../../src/base/diagnostic.ts";
import type { IpBytes } from "../../../src/base/ip.ts";
import type { AgentConfiguration } from "../model/configuration.ts";

/** Finds one mistake, or a few that belong together. */
export type Lint = (configuration: AgentConfiguration, facts: LintFacts) => Iterable<Diagnostic>;

/**
 * What lints may know of the world. Everything is optional: what is not known is not complained
 * about. `undefined` as an answer means that this one thing is not known.
 */
export interface LintFacts {
  /** Whether a balancer is supervised, as below `tandem run`. */
  readonly hasBalancer?: boolean;
  /** Addresses that the supervised balancer listens on; wildcards are left out. */
  readonly balancerAddresses?: readonly IpBytes[];
  /** The text of a script file, its beginning if it is long; `undefined`: none, or no text. */
  readonly scriptText?: (path: string) => string | undefined;
  /** Who runs scripts when the file does not say: `keepalived_script` where it exists, else root. */
  readonly scriptUser?: string;
  /** `net.ipv4.ip_nonlocal_bind`, `net.ipv6.ip_nonlocal_bind`. */
  readonly bindsNonlocal?: (family: 4 | 6) => boolean | undefined;
  /** Whether /proc is mounted with `hidepid`, so that users see only their own processes. */
  readonly hidesProcesses?: () => boolean;
  /** Addresses and prefix lengths of an interface of this machine. */
  readonly interfaceAddresses?: (name: string) => readonly InterfaceAddress[];
  /** Adverts that were heard on this machine's networks. */
  readonly advertsHeard?: readonly AdvertHeard[];
}

/** An address of an interface. */
export interface InterfaceAddress {
  readonly address: IpBytes;
  readonly prefixLength: number;
}

/** The last advert of one sender for one VRID. */
export interface AdvertHeard {
  readonly interface: string;
  readonly vrid: number;
  readonly family: 4 | 6;
  readonly priority: number;
  readonly source: IpBytes;
  readonly vips: readonly IpBytes[];
}

/** A warning: one sentence on what would happen, one on what to write. */
export function warning(position: Position, message: string, hint: string): Diagnostic {
  return { severity: "warning", position, message, hint };
}

/** A remark that is no mistake by itself. */
export function notice(position: Position, message: string, hint: string): Diagnostic {
  return { severity: "notice", position, message, hint };
}

/** Whether two addresses, passwords or keys are equal. */
export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
