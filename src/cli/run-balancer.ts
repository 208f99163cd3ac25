/** How a balancer is to run. */
export interface BalancerOptions {
  readonly files: readonly string[];
  readonly localpeer?: string;
  readonly pidfile?: string;
  readonly controlPath?: string;
  readonly maxconn?: number;
  readonly quiet: boolean;
  readonly warningsAreErrors: boolean;
  /** `-dr`: names that do not resolve are warnings. */
  readonly ignoreResolveFailures?: boolean;
  /** Called once all listeners are up. */
  readonly onReady?: () => void;
  /** Old processes to end once this one listens. */
  readonly signalAfterReady?: {
    readonly pids: readonly number[];
    readonly signal: "SIGUSR1" | "SIGTERM";
  };
}

/** Runs a balancer until it is told to stop; resolves to the exit code. */
export type RunBalancer = (options: BalancerOptions) => Promise<number>;
