// What the processes of a node tell of themselves: one record for each change of state.

/** The process that saw the change. */
export type EventSource = "balancer" | "agent" | "guard";

/** How bad it is, in the words of syslog (RFC 5424 §6.2.1). */
export type EventSeverity = "info" | "notice" | "warning" | "error";

/** A figure or a word that belongs to an event. */
export type EventDatum = string | number | boolean;

/** A change of state, as the one who sees it tells it. Texts may hold what strangers sent. */
export interface EventDraft {
  /** What changed, in two words: `server.down`, `vrrp.master`. docs/operations.md lists all. */
  readonly kind: string;
  readonly severity: EventSeverity;
  /** To what it happened: `backend/server`, the name of an instance, of a process, of a peer. */
  readonly subject: string;
  /** One sentence for a person. */
  readonly text: string;
  /** Why; absent where the text says all. */
  readonly cause?: string;
  /** How long the state lasted that ended now, or how long the work took that is done; ms. */
  readonly durationMs?: number;
  /** More for programs: few, flat values. */
  readonly data?: Readonly<Record<string, EventDatum>>;
}

/** What makes an event of a line of the log: the line has the text, and as a rule the severity. */
export type EventMark = Omit<EventDraft, "text" | "severity"> & {
  readonly severity?: EventSeverity;
};

/** An event of a node. */
export interface NodeEvent extends EventDraft {
  /** 1, 2, 3… within one run of its source. */
  readonly seq: number;
  /** Since the epoch, ms. */
  readonly atMs: number;
  readonly source: EventSource;
}

/** Up to which event of which process a reader has come. */
export interface EventPosition {
  readonly run: string;
  readonly seq: number;
}

/** The events of one process after a number: what its control socket answers to `events`. */
export interface EventPage {
  readonly source: EventSource;
  /** Another value: another process, whose numbers begin anew. */
  readonly run: string;
  /** Of the latest event there is; 0 before the first. */
  readonly latestSeq: number;
  /** Events that were asked for and are no longer kept. */
  readonly missedCount: number;
  /** In the order of their numbers; fewer than there are where all would be too many bytes. */
  readonly events: readonly NodeEvent[];
}

/** Whether a kind is one of these: whole ones (`server.down`), or first words (`server`); none: all are. */
export function isOfKinds(kind: string, kinds: readonly string[]): boolean {
  return kinds.length === 0 || kinds.some((each) => kind === each || kind.startsWith(`${each}.`));
}

/** What an event adds to its line of a structured log, whose message is its text. */
export function eventFields(event: NodeEvent): Readonly<Record<string, unknown>> {
  const { kind, seq, severity, subject, cause, durationMs, data } = event;
  return {
    event: kind,
    seq,
    severity,
    subject,
    ...(cause === undefined ? {} : { cause }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(data === undefined ? {} : { data }),
  };
}
