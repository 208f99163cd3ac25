/** What the command line says about a balancer. */
export interface BalancerOptions {
  /** Configuration files and folders, in order. */
  readonly files: readonly string[];
  /** `-L`: our name among peers. */
  readonly localpeer?: string;
  readonly pidfile?: string;
  /** Where `tandem reload` finds us; without it only signals reach us. */
  readonly controlPath?: string;
  /** `-n`: replaces `global maxconn`. */
  readonly maxconn?: number;
  readonly quiet: boolean;
  /** `-dW`: warnings prevent the start. */
  readonly warningsAreErrors: boolean;
  /** `-dr`: names that do not resolve are warnings. */
  readonly ignoreResolveFailures?: boolean;
  /** Called once, when all listeners are up. */
  readonly onReady?: () => void;
  /** `-sf`, `-st`: processes to be signalled once our listeners are up. */
  readonly signalAfterReady?: {
    readonly pids: readonly number[];
    readonly signal: "SIGUSR1" | "SIGTERM";
  };
}
