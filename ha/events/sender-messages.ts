// What a guard and the process that sends events away tell each other: one JSON object a line.
import type { EventPosition, EventSource } from "../../src/base/event.ts";
import type { GlobalConfiguration, EventOutlets } from "../config/model/configuration.ts";

/** Who is told of events. */
export type Outlet = "webhook" | "script";

/** Up to which event of each process an outlet has come. */
export type OutletPositions = Readonly<Partial<Record<EventSource, EventPosition>>>;

/** How far each outlet has come. */
export type SenderPositions = Readonly<Partial<Record<Outlet, OutletPositions>>>;

/** What to send, from where, to whom: the one line that a sender is told. */
export interface SenderSettings extends EventOutlets {
  /** Control sockets. */
  readonly sockets: Readonly<Partial<Record<EventSource, string>>>;
  /** How scripts are run. */
  readonly scripts: Pick<GlobalConfiguration, "scriptUser" | "isScriptSecure">;
  /** Older events are not sent, epoch ms. */
  readonly sinceMs: number;
  /** What a former sender has done. */
  readonly positions: SenderPositions;
}

/** From the sender to the guard. */
export type FromSender =
  | { readonly kind: "positions"; readonly positions: SenderPositions }
  /** An outlet does not take events any more, or does so again after so many were dropped. */
  | { readonly kind: "failing"; readonly outlet: Outlet; readonly problem: string }
  | { readonly kind: "recovered"; readonly outlet: Outlet; readonly droppedCount: number };

/** A line from the sender; `undefined` for what cannot be understood. */
export function decodeFromSender(line: string): FromSender | undefined {
  const message = parse(line);
  const { kind, outlet, problem, droppedCount, positions } = message ?? {};
  if (kind === "positions" && typeof positions === "object" && positions !== null) {
    return { kind, positions };
  }
  if (outlet !== "webhook" && outlet !== "script") return undefined;
  if (kind === "failing" && typeof problem === "string") return { kind, outlet, problem };
  if (kind !== "recovered" || typeof droppedCount !== "number") return undefined;
  return { kind, outlet, droppedCount };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
