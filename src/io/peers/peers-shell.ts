// All peers sections of a process: their listening sockets, which are opened before a configuration
// is applied and kept over a reload by their address, their groups, and how they begin and end.
import type { Millis } from "../../base/units.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import {
  LISTEN_BACKLOG_DEFAULT,
  PEER_GATHER_MS,
  PEER_HANDOVER_MS_MAX,
  PEER_HANDOVER_SEARCH_MS_MAX,
  PEER_HOLD_ANSWER_MS_MAX,
  PEER_HOLD_MS_MAX,
} from "../../limits.ts";
import type { GroupTable } from "../../peers/group-events.ts";
import type { GroupStatus } from "../../peers/group-status.ts";
import { planPeers, type PeersPlan } from "../../peers/plan.ts";
import type { ResyncOutcome } from "../../peers/resync.ts";
import { formatBindAddress } from "../../session/plan-listeners.ts";
import type { StickTable } from "../../stick/table.ts";
import type { BalancerJournal } from "../balancer-journal.ts";
import { monotonicMs } from "../clock.ts";
import { NodeListener } from "../mover/listener.ts";
import { TimerDriver } from "../timer-driver.ts";
import type { LoadedTls } from "../tls/load.ts";
import { PeerSection, type PeerSectionHost } from "./peer-section.ts";

/** A socket that could not be opened. */
export interface FailedPeersListener {
  readonly plan: PeersPlan;
  /** The address as text. */
  readonly key: string;
  readonly code: string;
  readonly message: string;
}

/** What the peers of a process are given. */
export interface PeersParts {
  readonly journal: BalancerJournal;
  /** The tables of the configuration in force. */
  tables(): Iterable<StickTable>;
  /** Tables that every section shares with Tandem nodes only. */
  readonly privateTables: readonly StickTable[];
  /** A section has learned what there is. */
  learned?(): void;
}

/** A listening socket; what comes while it is paused waits. */
interface OpenListener {
  readonly listener: NodeListener;
  section: string;
}

/** Runs the peers of a process. */
export class PeersShell {
  readonly #parts: PeersParts;
  readonly #timers = new TimerDriver<PeerSection>((section) => section.onTimeout());
  readonly #sections = new Map<string, PeerSection>();
  readonly #listeners = new Map<string, OpenListener>();
  /** Opened for a configuration that is not in force yet. */
  readonly #opened = new Map<string, OpenListener>();
  readonly #host: PeerSectionHost;
  readonly #startedMs = monotonicMs();
  #watched: readonly StickTable[] = [];
  #gathering: NodeJS.Timeout | undefined;
  #handover: { readonly pending: Set<PeerSection>; finish(): void } | undefined;
  #isResyncDone = false;
  #learned: () => void = () => undefined;

  constructor(parts: PeersParts) {
    this.#parts = parts;
    this.#host = {
      report: (section, severity, text, event) =>
        this.#parts.journal.peer(severity, text, event, section),
      resyncDone: (section, outcome) => this.#onResyncDone(section, outcome),
      handedOver: (section) => this.#onHandedOver(section),
      rescheduled: (section) => {
        this.#timers.update(section);
        if (this.#hasLearnedFromAll) this.#learned();
      },
    };
  }

  /** Whether this process has got what peers have, or has looked long enough. Once it has, it has. */
  get isResyncDone(): boolean {
    this.#isResyncDone ||= [...this.#sections.values()].every((section) => section.isResyncDone);
    return this.#isResyncDone;
  }

  /**
   * Waits until this process has learned from everybody who is there: a device that came before its
   * entry would lose its broker. Peers that do not answer at once are not waited for, nor is a long lesson.
   */
  async untilLearned(): Promise<void> {
    if (this.#hasLearnedFromAll) return;
    await new Promise<void>((resolve) => {
      const answer = setTimeout(() => {
        if (!this.#isAnyEstablished) this.#learned();
      }, PEER_HOLD_ANSWER_MS_MAX);
      const limit = setTimeout(() => this.#learned(), PEER_HOLD_MS_MAX);
      this.#learned = () => {
        clearTimeout(answer);
        clearTimeout(limit);
        this.#learned = () => undefined;
        resolve();
      };
    });
  }

  /** What is to be shown of each section. */
  status(nowMs: Millis): readonly GroupStatus[] {
    return [...this.#sections.values()].map((section) => section.status(nowMs));
  }

  /** Opens the sockets that a configuration adds, all or none; those that failed. */
  async open(configuration: Configuration): Promise<readonly FailedPeersListener[]> {
    const failed: FailedPeersListener[] = [];
    await Promise.all(
      planPeers(configuration).map(async (plan) => {
        const key = formatBindAddress(plan.bind.address);
        if (this.#listeners.has(key) || this.#opened.has(key)) return;
        const failure = await this.#listen(plan, key);
        if (failure !== undefined) failed.push({ plan, key, ...failure });
      }),
    );
    if (failed.length > 0) this.abandon();
    return failed;
  }

  /** Closes what was opened for a configuration that is not going to be applied. */
  abandon(): void {
    for (const { listener } of this.#opened.values()) listener.close();
    this.#opened.clear();
  }

  /**
   * Takes a configuration whose tables are in force and whose missing sockets are open.
   * `expectsOldProcess`: a process of this node runs that hands its tables over.
   */
  apply(configuration: Configuration, tls: LoadedTls, expectsOldProcess: boolean): void {
    const plans = planPeers(configuration);
    const tables = [...this.#parts.tables()];
    for (const plan of plans) {
      const shared = tables.filter(({ spec }) => spec.peers === plan.name);
      const settings = {
        plan,
        tls: tls.peers.get(plan.name),
        tables: [
          ...shared.map((table): GroupTable => ({ table })),
          ...this.#parts.privateTables.map((table): GroupTable => ({ table, isPrivate: true })),
        ],
      };
      const known = this.#sections.get(plan.name);
      if (known?.fits(plan) === true) known.reconfigure(settings);
      else {
        known?.close();
        const section = new PeerSection(this.#host, settings, expectsOldProcess);
        this.#sections.set(plan.name, section);
      }
    }
    for (const [name, section] of [...this.#sections]) {
      if (plans.some((plan) => plan.name === name)) continue;
      section.close();
      this.#sections.delete(name);
    }
    this.#watch(plans.length === 0 ? [] : [...tables, ...this.#parts.privateTables]);
    this.#applyListeners(plans);
  }

  /** Lets go of the addresses, as for a process that wants to listen there. */
  closeListeners(): void {
    this.abandon();
    for (const { listener } of this.#listeners.values()) listener.close();
    this.#listeners.clear();
  }

  /**
   * Ends all sessions. With `handsOver` a successor on the same machine is called and taught; resolves
   * when it has everything, or when there is none.
   */
  async stop(handsOver: boolean): Promise<void> {
    this.closeListeners();
    const sections = [...this.#sections.values()];
    if (!handsOver) {
      for (const section of sections) section.stop(false);
      this.#endHandover();
    }
    if (!handsOver || this.#handover !== undefined || sections.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#handover = { pending: new Set(sections), finish: resolve };
      const giveUp = setTimeout(() => this.#endHandover(), PEER_HANDOVER_MS_MAX);
      const search = setTimeout(() => this.#giveUpSearch(), PEER_HANDOVER_SEARCH_MS_MAX);
      for (const timer of [giveUp, search]) timer.unref();
      for (const section of sections) section.stop(true);
    });
  }

  /** Ends everything at once. */
  close(): void {
    this.closeListeners();
    this.#learned();
    this.#endHandover();
    this.#watch([]);
    clearTimeout(this.#gathering);
    for (const section of this.#sections.values()) section.close();
    this.#sections.clear();
    this.#timers.close();
  }

  async #listen(
    plan: PeersPlan,
    key: string,
  ): Promise<{ readonly code: string; readonly message: string } | undefined> {
    return new Promise((resolve) => {
      const { address, backlog, v6only, access } = plan.bind;
      const listener = new NodeListener(
        {
          listening: () => {
            this.#opened.set(key, open);
            resolve(undefined);
          },
          listenFailed: (_listener, code, message) => resolve({ code, message }),
          hasRoom: () => true,
          takesOwn: () => false,
          arrived: (_listener, socket) => {
            const section = this.#sections.get(open.section);
            if (section === undefined) socket.destroy();
            else section.accept(socket);
          },
        },
        0,
        {
          address,
          backlog: backlog ?? LISTEN_BACKLOG_DEFAULT,
          v6only,
          transparent: false,
          access,
          socket: { keepalive: true },
        },
      );
      const open: OpenListener = { listener, section: plan.name };
      listener.pause();
      listener.open();
    });
  }

  #applyListeners(plans: readonly PeersPlan[]): void {
    for (const [key, open] of this.#opened) this.#listeners.set(key, open);
    this.#opened.clear();
    const byKey = new Map(plans.map((plan) => [formatBindAddress(plan.bind.address), plan]));
    for (const [key, open] of [...this.#listeners]) {
      const plan = byKey.get(key);
      if (plan === undefined) {
        open.listener.close();
        this.#listeners.delete(key);
      } else {
        open.section = plan.name;
        open.listener.resume();
      }
    }
  }

  /** A device brings several changes, and a crowd of devices thousands: they go together. */
  #watch(tables: readonly StickTable[]): void {
    for (const table of this.#watched) table.onLocalChange = undefined;
    this.#watched = tables;
    for (const table of tables) {
      table.onLocalChange = () => {
        this.#gathering ??= setTimeout(() => {
          this.#gathering = undefined;
          for (const section of this.#sections.values()) section.onChanged();
        }, PEER_GATHER_MS);
      };
    }
  }

  #onResyncDone(section: string, outcome: ResyncOutcome): void {
    this.#parts.learned?.();
    const tookMs = Math.round(monotonicMs() - this.#startedMs);
    const what = {
      full: "this node has learned everything",
      partial: "this node has learned what incomplete peers had",
      none: "there was nobody to learn from",
    }[outcome];
    let entries = 0;
    for (const table of this.#parts.tables()) entries += table.usedCount;
    const event = {
      kind: "peers.learned",
      subject: section,
      durationMs: tookMs,
      data: { outcome, entries },
    };
    const fields = { peers: section, outcome, tookMs };
    this.#parts.journal.tell("notice", `Peers ${section}: ${what}.`, event, fields);
  }

  get #hasLearnedFromAll(): boolean {
    return [...this.#sections.values()].every((section) => section.hasLearnedFromAll);
  }

  get #isAnyEstablished(): boolean {
    const nowMs = monotonicMs();
    return [...this.#sections.values()].some((section) =>
      section.status(nowMs).peers.some(({ state }) => state === "established"),
    );
  }

  #onHandedOver(section: PeerSection): void {
    this.#handover?.pending.delete(section);
    if (this.#handover?.pending.size === 0) this.#endHandover();
  }

  /** Whoever has not answered by now is not coming. */
  #giveUpSearch(): void {
    for (const section of this.#handover?.pending ?? []) {
      const isConnected = section
        .status(monotonicMs())
        .peers.some(({ isLocal, state }) => isLocal && state === "established");
      if (!isConnected) this.#onHandedOver(section);
    }
  }

  #endHandover(): void {
    const handover = this.#handover;
    if (handover === undefined) return;
    this.#handover = undefined;
    for (const section of handover.pending) section.close();
    handover.finish();
  }
}
