// How a node that has just started gets everything there is: from its former process if there is
// one, else from one of the others, else it goes on with what it has (haproxy peers.txt,
// "Synchronisation").
import type { Millis } from "../base/units.ts";
import { PEER_ANSWER_MS_MAX, PEER_RESYNC_MS_MAX, PEER_SILENCE_MS_MAX } from "../limits.ts";

/** What a node has got: everything, what incomplete nodes had, or nothing. */
export type ResyncOutcome = "full" | "partial" | "none";

/** Where it looks. */
export type ResyncStage = "local" | "remote" | "finished";

/** A lesson that came to its end. */
export interface Lesson {
  readonly peer: string;
  /** The teacher had everything. */
  readonly isFull: boolean;
  readonly endedMs: Millis;
}

/** What is to be done now. */
export interface ResyncAction {
  /** The peer to ask. */
  readonly ask?: string;
  /** The search is over, told once. */
  readonly done?: ResyncOutcome;
}

/**
 * The search. A lesson that stands still for as long as a peer may be silent is given up, so the
 * search ends. A node that ended it without everything asks whoever comes later.
 */
export class Resync {
  readonly #remoteNames: readonly string[];
  readonly #localName: string;
  #stage: ResyncStage;
  #outcome: ResyncOutcome = "none";
  #teacher: string | undefined;
  #lastLesson: Lesson | undefined;
  readonly #tried = new Set<string>();
  /** Those whose lesson came to its end. */
  readonly #taught = new Set<string>();
  #hasAnswer = false;
  #isNobodyLeft = false;
  #deadlineMs: Millis;
  /** When the search counts as over, however it stands: a teacher that comes and goes must not keep a node from serving. */
  readonly #endMs: Millis;

  /** `expectsLocal`: a former process of this node runs and will call. */
  constructor(
    localName: string,
    remoteNames: readonly string[],
    expectsLocal: boolean,
    nowMs: Millis,
  ) {
    this.#localName = localName;
    this.#remoteNames = remoteNames;
    this.#stage = expectsLocal ? "local" : "remote";
    this.#deadlineMs = nowMs + (expectsLocal ? PEER_SILENCE_MS_MAX : PEER_ANSWER_MS_MAX);
    this.#endMs = nowMs + PEER_RESYNC_MS_MAX;
  }

  get stage(): ResyncStage {
    return this.#stage;
  }

  get outcome(): ResyncOutcome {
    return this.#outcome;
  }

  /** Whom this node learns from. */
  get teacher(): string | undefined {
    return this.#teacher;
  }

  /** Whether everybody who is there has taught, or the search is over: only somebody who comes later knows more. */
  get hasLearnedFromAll(): boolean {
    return this.#stage === "finished" || (this.#isNobodyLeft && this.#taught.size > 0);
  }

  /** The last lesson that came to its end. */
  get lastLesson(): Lesson | undefined {
    return this.#lastLesson;
  }

  /** When to `step` without any other reason; `undefined`: nothing is waited for. */
  nextTimeout(): Millis | undefined {
    if (this.#stage !== "finished") return Math.min(this.#deadlineMs, this.#endMs);
    return this.#teacher === undefined ? undefined : this.#deadlineMs;
  }

  /** A peer is there: what it has is worth waiting for. */
  onAnswered(nowMs: Millis): void {
    if (this.#hasAnswer) return;
    this.#hasAnswer = true;
    this.#deadlineMs = Math.max(this.#deadlineMs, nowMs + PEER_SILENCE_MS_MAX);
  }

  /** The teacher goes on. */
  onProgress(name: string, nowMs: Millis): void {
    if (name === this.#teacher) this.#deadlineMs = nowMs + PEER_SILENCE_MS_MAX;
  }

  /** A lesson has ended, asked for or not. */
  onLearned(name: string, isFull: boolean, nowMs: Millis): void {
    this.#lastLesson = { peer: name, isFull, endedMs: nowMs };
    this.#taught.add(name);
    // What every other node has is all there is, as when two nodes start together.
    const isAll = isFull || this.#remoteNames.every((remote) => this.#taught.has(remote));
    if (isAll) this.#outcome = "full";
    else if (this.#outcome === "none") this.#outcome = "partial";
    this.#giveUpOn(name, nowMs);
  }

  /** A session has ended: what it had begun to teach is worth nothing, and it may be asked again. */
  onLost(name: string, nowMs: Millis): void {
    if (name === this.#teacher) this.#giveUpOn(name, nowMs);
    this.#tried.delete(name);
  }

  /** Decides; to be called after every event. `established`: peers that can be asked. */
  step(established: readonly string[], nowMs: Millis): ResyncAction {
    this.#isNobodyLeft = false;
    if (this.#outcome === "full") {
      this.#teacher = undefined;
      return this.#finish();
    }
    if (nowMs >= this.#endMs && this.#stage !== "finished") return this.#finish();
    if (this.#teacher !== undefined && nowMs >= this.#deadlineMs) {
      this.#giveUpOn(this.#teacher, nowMs);
    }
    if (this.#teacher !== undefined) return {};
    const isLocalHere = established.includes(this.#localName) && !this.#tried.has(this.#localName);
    if (isLocalHere) return this.#ask(this.#localName, nowMs);
    if (this.#stage === "local") {
      if (!this.#tried.has(this.#localName) && nowMs < this.#deadlineMs) return {};
      this.#stage = "remote";
      // What the former process has told says nothing of the others.
      this.#hasAnswer = false;
      this.#deadlineMs = nowMs + PEER_ANSWER_MS_MAX;
    }
    const next = this.#remoteNames.find(
      (name) => established.includes(name) && !this.#tried.has(name),
    );
    if (next !== undefined) return this.#ask(next, nowMs);
    this.#isNobodyLeft = true;
    const isHopeless = this.#remoteNames.every((name) => this.#tried.has(name));
    return isHopeless || nowMs >= this.#deadlineMs ? this.#finish() : {};
  }

  #ask(name: string, nowMs: Millis): ResyncAction {
    this.#teacher = name;
    this.#deadlineMs = nowMs + PEER_SILENCE_MS_MAX;
    return { ask: name };
  }

  #giveUpOn(name: string, nowMs: Millis): void {
    this.#tried.add(name);
    if (name !== this.#teacher) return;
    this.#teacher = undefined;
    this.#deadlineMs = nowMs + PEER_SILENCE_MS_MAX;
  }

  #finish(): ResyncAction {
    if (this.#stage === "finished") return {};
    this.#stage = "finished";
    return { done: this.#outcome };
  }
}
