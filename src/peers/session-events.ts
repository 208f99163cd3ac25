import type { Hello } from "./handshake.ts";
import type { PeerMemory } from "./peer-memory.ts";

/** What happens to one connection between peers. */
export type PeerEvent =
  /** The connection that this node has asked for stands. */
  | { readonly kind: "connected" }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** All that was written has left this process. */
  | { readonly kind: "drained" }
  /** The connection is gone, whoever ended it. */
  | { readonly kind: "closed"; readonly reason: string }
  /** Tables may have changed. */
  | { readonly kind: "changed" }
  /** The turn that was asked for. */
  | { readonly kind: "turn" }
  /** The peer is to teach everything that it has. */
  | { readonly kind: "learn" }
  /** End it: another session has taken its place, or nothing more is to be sent. */
  | { readonly kind: "stop"; readonly cause: "collision" | "stopped" }
  | { readonly kind: "timeout" };

/** Why a session has ended. */
export type CloseCause =
  "closed" | "refused" | "silence" | "protocol-error" | "collision" | "stopped" | "handed-over";

/** What is to be done about one connection. */
export type PeerEffect =
  | { readonly kind: "write"; readonly bytes: Uint8Array }
  /** Close it after what has been written; the last effect. */
  | { readonly kind: "close"; readonly cause: CloseCause; readonly reason: string }
  /** Call `turn` once others have had theirs: there is more to send. */
  | { readonly kind: "turn" }
  | { readonly kind: "established" }
  /** The peer has taught everything that it has; `isFull`: it says that it has everything. */
  | { readonly kind: "learned"; readonly isFull: boolean }
  /** An update came while this node learns. */
  | { readonly kind: "progress" }
  /** One side ignores a table; told once for each table and difference. */
  | { readonly kind: "mismatch"; readonly name: string; readonly text: string };

/** What a group says to a greeting: a peer that may speak, or the status to refuse it with. */
export type Admission =
  | { readonly kind: "admitted"; readonly memory: PeerMemory }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string };

/** Judges a greeting. */
export type Admit = (hello: Hello) => Admission;
