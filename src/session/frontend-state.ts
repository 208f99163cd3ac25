// A frontend at work: its settings, its compiled rules and its counters. A reload replaces the
// settings and keeps the counters.
import type { Millis } from "../base/units.ts";
import type { Bind } from "../config/model/bind.ts";
import type { FrontendSide, Proxy } from "../config/model/proxy.ts";
import type { Verdict } from "../rules/compile.ts";
import type { RuleContext } from "../rules/context.ts";
import { FrontendCounters, type ListenerCounters, ListenerCounts } from "./counters.ts";
import type { BackendState } from "./backend-state.ts";
import type { ListenerId, SocketOptions, TlsContext } from "./mover.ts";
import { MqttLimiter } from "./mqtt-limits.ts";
import type { RunnableUsernameRule } from "./mqtt-username.ts";
import type { RunnableRule } from "./rule-runner.ts";

/** The rules of a frontend, ready to run. */
export interface FrontendRules {
  readonly connection: readonly RunnableRule[];
  readonly session: readonly RunnableRule[];
  readonly content: readonly RunnableRule[];
  readonly username: readonly RunnableUsernameRule[];
  readonly useBackend: readonly {
    readonly backend: BackendState;
    readonly condition?: (context: RuleContext) => Verdict;
  }[];
  readonly defaultBackend?: BackendState;
}

/** One listening address. A reload may give it to another frontend. */
export interface ListenerState {
  readonly listener: ListenerId;
  frontend: FrontendState;
  bind: Bind;
  tls: TlsContext | undefined;
  /** Those that its frontend keeps for it. */
  counters: ListenerCounters;
  connectionCount: number;
}

/** A running frontend. */
export class FrontendState {
  readonly name: string;
  readonly counters = new FrontendCounters();
  readonly listenerCounts = new ListenerCounts();
  proxy: Proxy;
  side: FrontendSide;
  rules: FrontendRules = { connection: [], session: [], content: [], username: [], useBackend: [] };
  /** Options of client connections; `undefined` when there is nothing to set. */
  clientSocket: SocketOptions | undefined;
  /** Counts for `mqtt-limit`. */
  readonly mqttLimiter = new MqttLimiter();
  lineCount = 0;
  /** Set by an operator: `disable frontend` pauses it, `shutdown frontend` stops it until a reload. */
  admin: "open" | "paused" | "stopped" = "open";
  /** When the log line is due: as soon as its format's values are known, or at the end. */
  logMoment: "accept" | "connect" | "end" | "never" = "end";

  /** Whether its lines may ask for first bytes once the relay runs. */
  logsSamples = true;
  /** Whether they may ask for the address that a server sees. */
  logsLocalAddress = true;

  constructor(proxy: Proxy, side: FrontendSide) {
    this.name = proxy.name;
    this.proxy = proxy;
    this.side = side;
  }

  get id(): number {
    return this.proxy.id;
  }

  /** Until when a client that is silent from now on is waited for; `Infinity` without a limit. */
  clientDeadlineMs(nowMs: Millis): Millis {
    return nowMs + (this.proxy.timeouts.client ?? Infinity);
  }
}
