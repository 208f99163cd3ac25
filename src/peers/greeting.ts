// The beginning of a session: greetings, until both sides know whom they talk to.
import { encodeHello, encodeStatus, readHello, readStatus, STATUS } from "./handshake.ts";
import { lifeOf, type PeerMemory } from "./peer-memory.ts";
import type { Admit, CloseCause } from "./session-events.ts";
import type { Dialect } from "./update-writer.ts";

/** Who has called whom. */
export type SessionRole =
  | { readonly kind: "caller"; readonly memory: PeerMemory }
  | { readonly kind: "called"; readonly admit: Admit };

/** What a node says of itself. */
export interface LocalNode {
  readonly localName: string;
  readonly pid: number;
  /** Tells this life of the node from others, u32. */
  readonly instance: number;
}

/** How far the greetings are. `answer`: bytes to be sent. */
export type GreetingOutcome =
  | { readonly kind: "need-more" }
  | {
      readonly kind: "failed";
      readonly answer?: Uint8Array;
      readonly cause: CloseCause;
      readonly reason: string;
    }
  | {
      readonly kind: "done";
      readonly answer?: Uint8Array;
      readonly memory: PeerMemory;
      readonly dialect: Dialect;
      /** The messages that came with the greeting. */
      readonly rest: Uint8Array;
    };

const NEED_MORE: GreetingOutcome = { kind: "need-more" };

/** One side's greeting. Holds a few kilobytes at most beside the last chunk. */
export class Greeting {
  readonly #role: SessionRole;
  readonly #node: LocalNode;
  #held: Uint8Array = new Uint8Array(0);

  constructor(role: SessionRole, node: LocalNode) {
    this.#role = role;
    this.#node = node;
  }

  /** What a caller says. */
  hello(memory: PeerMemory): Uint8Array {
    const { localName, pid, instance } = this.#node;
    return encodeHello({
      minorVersion: memory.minorVersion,
      calledName: memory.name,
      callerName: localName,
      pid: String(pid),
      instance,
    });
  }

  /** Takes what the other side says. */
  read(bytes: Uint8Array): GreetingOutcome {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    return this.#role.kind === "caller"
      ? this.#readAnswer(this.#role.memory)
      : this.#answer(this.#role.admit);
  }

  #answer(admit: Admit): GreetingOutcome {
    const outcome = readHello(this.#held);
    if (outcome.kind === "need-more") return NEED_MORE;
    if (outcome.kind === "refused") return refusal(outcome.status, outcome.reason);
    const { hello, byteCount } = outcome;
    const admission = admit(hello);
    if (admission.kind === "refused") return refusal(admission.status, admission.reason);
    const { memory } = admission;
    memory.meet(lifeOf(hello));
    const isTandem = hello.instance !== undefined;
    return {
      kind: "done",
      answer: encodeStatus(STATUS.ok, isTandem ? this.#node.instance : undefined),
      memory,
      dialect: { minorVersion: hello.minorVersion, isTandem },
      rest: this.#held.subarray(byteCount),
    };
  }

  #readAnswer(memory: PeerMemory): GreetingOutcome {
    const outcome = readStatus(this.#held);
    if (outcome.kind === "need-more") return NEED_MORE;
    if (outcome.kind === "malformed") {
      return { kind: "failed", cause: "protocol-error", reason: outcome.reason };
    }
    const { status, instance, byteCount } = outcome;
    memory.lastStatus = status;
    if (status !== STATUS.ok) {
      if (status === STATUS.badVersion) memory.minorVersion = 0;
      const reason = `it answered ${status}${MEANINGS[status] ?? ""}`;
      return { kind: "failed", cause: "refused", reason };
    }
    if (instance !== undefined) memory.meet(lifeOf({ instance, pid: "" }));
    const { minorVersion } = memory;
    return {
      kind: "done",
      memory,
      dialect: { minorVersion, isTandem: instance !== undefined },
      rest: this.#held.subarray(byteCount),
    };
  }
}

const MEANINGS: Readonly<Record<number, string>> = {
  [STATUS.tryAgain]: ", try again later",
  [STATUS.protocolError]: ", protocol error",
  [STATUS.badVersion]: ", bad version",
  [STATUS.notMe]: ": its own name is not the one that this configuration gives it",
  [STATUS.unknownPeer]: ": its peers section does not name this node",
};

function refusal(status: number, reason: string): GreetingOutcome {
  return { kind: "failed", answer: encodeStatus(status), cause: "refused", reason };
}
