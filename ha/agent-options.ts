// What the command line says about an agent and about a whole node.

/** Where an agent, or a guard with its agent, finds its file and leaves its traces. */
export interface AgentOptions {
  /** The keepalived.conf; it may include others. */
  readonly file: string;
  /** `-i`: keeps lines behind `@ID`; the host's short name when absent. */
  readonly configId?: string;
  /**
   * json: one object a line on stderr. console: Keepalived's lines on stderr (`-l`). syslog: as
   * Keepalived does by default. none: nowhere (`-G` without `-l`).
   */
  readonly logs: "json" | "console" | "syslog" | "none";
  /** `-g`: Keepalived's lines into this file, besides. */
  readonly logFile?: string;
  /** `-D`: more lines. */
  readonly logDetail: boolean;
  /** `-S`: syslog facility 0..23 (RFC 5424 §6.2.1), 3 (daemon) when absent. */
  readonly syslogFacility?: number;
  /** `-p`: file for the process's id. */
  readonly pidfile?: string;
  /** `-r`: file for the id of the process that speaks VRRP. */
  readonly vrrpPidfile?: string;
  /** `-V`: VIPs and routes stay when the agent is told to stop. */
  readonly keepsVips: boolean;
  /** `-X`: VIPs are dropped at a transition that a signal causes. */
  readonly releasesVips: boolean;
  /** `-R`: the end of a child is the end of the program. */
  readonly dontRespawn: boolean;
  /** `-s`: network namespace; wins over the file's `net_namespace`. */
  readonly namespace?: string;
  /** `-u`: permission bits that new files do not get. */
  readonly umask?: number;
  /** `-d`: writes what was read to the log at the start. */
  readonly dumpsConfiguration: boolean;
  /** `-a`: every address that comes or goes is logged. */
  readonly logsAddresses: boolean;
  /** Where dumps go, when not to Keepalived's places (reference: signals USR1, USR2, JSON). */
  readonly dumps?: { readonly data: string; readonly stats: string; readonly json: string };
  /** Folder of the sockets where `tandem status` asks guard and agent; none when absent. */
  readonly controlFolder?: string;
  /** Called once, when the configuration is read and the sockets are open. */
  readonly onReady?: () => void;
}

/** A whole node: guard, agent and balancer. */
export interface RunOptions extends AgentOptions {
  /** haproxy.cfg files and folders, in order; at least one. */
  readonly balancerFiles: readonly string[];
  /** `-L`: this node's name in peers sections. */
  readonly localpeer?: string;
  /** `-n`: replaces `global maxconn`. */
  readonly maxconn?: number;
  /** Where `tandem reload` finds the balancer. */
  readonly controlPath?: string;
}

/** Runs an agent until it is told to stop; resolves to the exit code. */
export type RunAgent = (options: AgentOptions) => Promise<number>;

/** Runs a whole node until it is told to stop; resolves to the exit code. */
export type RunNode = (options: RunOptions) => Promise<number>;

/** What `tandem release` did; both lists are for people. */
export interface ReleaseReport {
  /** Addresses that were removed, as `10.0.0.1/24 dev eth0`. */
  readonly removed: readonly string[];
  /** What could not be removed and why. */
  readonly problems: readonly string[];
}
