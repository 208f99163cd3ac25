// The dashboard of a process: steps its charts, and asks guard and agent while somebody looks.
import { dirname, join } from "node:path";
import { EventReader } from "../../base/io/event-reader.ts";
import type { EventFeed } from "../../base/io/event-feed.ts";
import type { DashboardView } from "../../dashboard/answer.ts";
import { type Instant, isSeenIn, LiveBoard } from "../../dashboard/live.ts";
import { searchEntries, searchSessions } from "../../dashboard/search.ts";
import { DASHBOARD_WATCH_MS } from "../../dashboard/limits.ts";
import type { MetricsSources } from "../../metrics/render.ts";
import type { StatsSource } from "../../stats/rows.ts";
import { peersReport } from "../../stats/peers-report.ts";
import { TANDEM_VERSION } from "../../version.ts";
import { monotonicMs, wallClockMs } from "../clock.ts";
import { TELLING_SOCKETS } from "../control-folder.ts";
import type { StatsServer } from "../stats/stats-server.ts";
import { NodeReader } from "../node-reader.ts";
import { loadDashboardFiles } from "./files.ts";

/** How often the charts take a step, and guard and agent are asked, ms. */
const PERIOD_MS = 1_000;

/** What the dashboard needs of the process. */
export interface DashboardParts {
  readonly stats: () => StatsSource;
  /** `undefined` before the process is put together. */
  readonly metrics: () => MetricsSources | undefined;
  readonly events: EventFeed;
  /** Where the control sockets are; `undefined`: nowhere. */
  readonly controlPath: string | undefined;
  isStopping(): boolean;
}

/** Gives the pages of a process their dashboard. */
export function showDashboard(
  pages: StatsServer,
  controlPath: string | undefined,
  process: Pick<DashboardParts, "events" | "isStopping">,
): Dashboard {
  const dashboard = new Dashboard({
    ...process,
    controlPath,
    stats: () => pages.source,
    metrics: () => pages.metrics,
  });
  pages.show(dashboard);
  return dashboard;
}

/** See the head of this file. */
export class Dashboard {
  readonly #parts: DashboardParts;
  readonly #files = loadDashboardFiles();
  readonly #board: LiveBoard;
  readonly #reader: NodeReader;
  readonly #neighbours: readonly EventReader[];
  readonly #timer: NodeJS.Timeout;
  #ownSeq = 0;
  #askedMs = -Infinity;
  #isAsking = false;

  constructor(parts: DashboardParts) {
    this.#parts = parts;
    const folder = parts.controlPath === undefined ? undefined : dirname(parts.controlPath);
    this.#reader = new NodeReader(folder);
    this.#neighbours =
      folder === undefined
        ? []
        : Object.values(TELLING_SOCKETS).map((name) => new EventReader(join(folder, name)));
    this.#board = new LiveBoard(`${process.pid}-${wallClockMs()}`, {
      get stats() {
        return parts.stats();
      },
      pair: () => this.#pair(),
    });
    this.#timer = setInterval(() => this.#onTick(), PERIOD_MS).unref();
  }

  /** What a client sees; `undefined` when the files of the page are missing. */
  view(client: { readonly mayAct: boolean }): DashboardView | undefined {
    const files = this.#files;
    if (files === undefined) return undefined;
    const { world } = this.#parts.stats();
    return {
      ...client,
      files,
      live: (question) => {
        this.#watched();
        return this.#board.answer(question, instant());
      },
      sessions: (query, scope) =>
        searchSessions({ sessions: () => this.#sessions(), isSeen: isSeenIn(scope) }, query),
      entries: (name, query) => {
        const table = world.tables.get(name);
        return table === undefined ? undefined : searchEntries(table, query, monotonicMs);
      },
    };
  }

  /** An operator has changed something. */
  changed(): void {
    this.#board.invalidate();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #onTick(): void {
    this.#board.sample(instant());
    if (monotonicMs() - this.#askedMs < DASHBOARD_WATCH_MS) void this.#ask();
  }

  /** Somebody looks: the first look asks at once. */
  #watched(): void {
    const nowMs = monotonicMs();
    const isFirst = nowMs - this.#askedMs >= DASHBOARD_WATCH_MS;
    this.#askedMs = nowMs;
    this.#takeOwnEvents();
    if (isFirst) void this.#ask();
  }

  #takeOwnEvents(): void {
    const answer = this.#parts.events.answer({ since: this.#ownSeq });
    if (answer instanceof Promise || answer.events.length === 0) return;
    this.#ownSeq = answer.events.at(-1)!.seq;
    this.#board.takeEvents(answer.events);
    if (this.#ownSeq < answer.latestSeq) this.#takeOwnEvents();
  }

  /** Never rejects; one at a time. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    await Promise.all([
      this.#reader.read(),
      ...this.#neighbours.map(async (neighbour) => {
        const reading = await neighbour.next();
        if (reading.kind === "events") this.#board.takeEvents(reading.events);
      }),
    ]);
    this.#isAsking = false;
    this.#board.invalidate();
  }

  #sessions(): ReturnType<MetricsSources["context"]["sessions"]> {
    return this.#parts.metrics()?.context.sessions() ?? [];
  }

  #pair(): ReturnType<ConstructorParameters<typeof LiveBoard>[1]["pair"]> {
    const metrics = this.#parts.metrics();
    const { agent, guard, atMs } = this.#reader.latest;
    return {
      version: TANDEM_VERSION,
      isStopping: this.#parts.isStopping(),
      fitness: metrics?.fitness() ?? { isFit: false, reasons: [] },
      agent,
      guard,
      askedMs: wallClockMs() - (monotonicMs() - atMs),
      peers: (metrics?.context.peers() ?? []).map(peersReport),
    };
  }
}

function instant(): Instant {
  return { nowMs: monotonicMs(), wallMs: wallClockMs() };
}
