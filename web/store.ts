// What the page knows: the last document put together from all answers since the page was opened.
import { Ring } from "../src/dashboard/ring.ts";
import type { NodeEvent } from "../src/base/event.ts";
import type {
  Figures,
  LiveDocument,
  NodeView,
  RowFacts,
  TotalFigures,
} from "../src/dashboard/document.ts";

/** Steps of the charts, as the server keeps them. */
const ROW_STEPS = 60;
const ROW_STEP_SECONDS = 5;
const TOTAL_SECONDS = 300;

/** Events that the page keeps. */
const EVENTS_MAX = 200;

/** A row with its past: sessions, connects and bytes a second. */
export interface Row {
  readonly index: number;
  readonly charts: readonly [Ring, Ring, Ring];
  facts: RowFacts;
  figures: Figures;
}

/** What an answer has changed. */
export interface Changes {
  /** The rows are others: all is to be drawn anew. */
  readonly isFull: boolean;
  readonly hasNode: boolean;
  readonly facts: ReadonlySet<number>;
  readonly newEvents: readonly NodeEvent[];
}

const NO_FIGURES: Figures = [0, 0, 0, 0, 0, -1];

/** See the head of this file. */
export class Store {
  readonly rows = new Map<number, Row>();
  totals: TotalFigures = [0, 0, 0, 0];
  totalCharts: readonly Ring[] = [];
  node: NodeView | undefined;
  sessionsMax: number | null = null;
  tableEntries: readonly number[] = [];
  /** The oldest first. */
  events: readonly NodeEvent[] = [];
  mayAct = false;
  maySearch = false;
  run = "";
  version = 0;
  /** The server's clock ahead of this one's, ms. */
  #clockAheadMs = 0;

  /** An instant of the server, as far as known. */
  get nowMs(): number {
    return Date.now() + this.#clockAheadMs;
  }

  /** Takes an answer. */
  take(answer: LiveDocument): Changes {
    const mayChanged = answer.mayAct !== this.mayAct || answer.maySearch !== this.maySearch;
    this.#clockAheadMs = answer.nowMs - Date.now();
    const { run, version, totals, sessionsMax, tableEntries, mayAct, maySearch } = answer;
    Object.assign(this, { run, version, totals, sessionsMax, tableEntries, mayAct, maySearch });
    if (answer.node !== undefined) this.node = answer.node;
    if (answer.isFull) this.#begin(answer);
    const facts = new Set<number>();
    for (const [index, changed] of answer.facts) {
      facts.add(index);
      this.#rowAt(index, changed, answer).facts = changed;
    }
    for (const [index, ...figures] of answer.figures) {
      const row = this.rows.get(index);
      if (row !== undefined) row.figures = figures;
    }
    this.#step(answer);
    this.events = [...(answer.isFull ? [] : this.events), ...answer.events].slice(-EVENTS_MAX);
    return {
      isFull: answer.isFull || mayChanged,
      hasNode: answer.node !== undefined,
      facts,
      newEvents: answer.isFull ? [] : answer.events,
    };
  }

  #begin({ past, second }: LiveDocument): void {
    this.rows.clear();
    this.totalCharts = (past?.totals ?? []).map((values) => {
      const ring = new Ring(TOTAL_SECONDS, 1);
      ring.fill(values, second);
      return ring;
    });
  }

  #rowAt(index: number, facts: RowFacts, { past, second }: LiveDocument): Row {
    const known = this.rows.get(index);
    if (known !== undefined) return known;
    const charts = [0, 1, 2].map((which) => {
      const ring = new Ring(ROW_STEPS, ROW_STEP_SECONDS);
      ring.fill(past?.rows[index]?.[which] ?? [], second);
      return ring;
    });
    const row: Row = {
      index,
      charts: charts as unknown as Row["charts"],
      facts,
      figures: NO_FIGURES,
    };
    this.rows.set(index, row);
    return row;
  }

  /** All charts go on, also those whose values have not changed. */
  #step({ second, totals }: LiveDocument): void {
    this.totalCharts.forEach((ring, index) => ring.note(second, totals[index] ?? 0));
    for (const { charts, figures } of this.rows.values()) {
      const [sessions, , connects, bytesIn, bytesOut] = figures;
      charts[0].note(second, sessions);
      charts[1].note(second, connects);
      charts[2].note(second, bytesIn + bytesOut);
    }
  }
}
