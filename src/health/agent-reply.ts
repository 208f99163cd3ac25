// Answers of an agent (haproxy configuration §5.2, `agent-check`).

/** What an agent asked for in one answer. */
export interface AgentReply {
  readonly weight?: { readonly kind: "percent" | "absolute"; readonly value: number };
  readonly maxconn?: number;
  readonly admin?: "ready" | "drain" | "maint";
  readonly health?: "up" | "down" | "stopped" | "fail";
  /** Text behind `#`. */
  readonly description: string;
  /** The first word that was not understood. */
  readonly unknown?: string;
}

/** Reads one answer, without its line end. Never throws. */
export declare function parseAgentReply(text: string): AgentReply;
