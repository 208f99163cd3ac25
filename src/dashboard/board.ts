// The rows of the dashboard: what is known of each, since which version, and its past. A page that
// names the version it has is told only what has changed since.
import type { Millis } from "../base/units.ts";
import { DASHBOARD_TOTAL_SECONDS } from "./limits.ts";
import type { Figures, RowFacts, RowPast, TotalFigures } from "./document.ts";
import { ByteRate, perSecond, RowMeter, type CounterReading } from "./meter.ts";
import { Ring } from "./ring.ts";

/** A row as it is read from the running process. */
export interface RowReading {
  /** Tells it from all other rows, over reloads. */
  readonly key: string;
  /** The proxy that `stats scope` would name. */
  readonly proxy: string;
  readonly facts: RowFacts;
  readonly counters: CounterReading;
}

/** The counters of the process. */
export interface TotalReading {
  readonly sessions: number;
  readonly connectsTotal: number;
  readonly bytesInTotal: number;
  readonly bytesOutTotal: number;
}

interface Row {
  readonly proxy: string;
  readonly meter: RowMeter;
  facts: RowFacts;
  factsText: string;
  factsVersion: number;
  figuresText: string;
  figuresVersion: number;
}

/** What changed since a version. */
export interface BoardChanges {
  readonly facts: (readonly [row: number, facts: RowFacts])[];
  readonly figures: (readonly [row: number, ...figures: Figures])[];
}

/** See the head of this file. */
export class Board {
  readonly #totals = [0, 1, 2, 3].map(() => new Ring(DASHBOARD_TOTAL_SECONDS, 1));
  readonly #bytesIn = new ByteRate();
  readonly #bytesOut = new ByteRate();
  #rows = new Map<string, Row>();
  #lastTotals: TotalReading | undefined;
  #totalFigures: TotalFigures = [0, 0, 0, 0];
  #lastSampleMs: Millis | undefined;
  #version = 1;
  #layoutVersion = 1;
  /** Begins where a whole chart lies behind it, so that no step of one is negative. */
  #second = DASHBOARD_TOTAL_SECONDS;

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** Whoever has an older one is to be told everything. */
  get layoutVersion(): number {
    return this.#layoutVersion;
  }

  get second(): number {
    return this.#second;
  }

  get totalFigures(): TotalFigures {
    return this.#totalFigures;
  }

  get rowCount(): number {
    return this.#rows.size;
  }

  /** Takes the rows as they are now, in their order. */
  refresh(readings: readonly RowReading[]): void {
    this.#version += 1;
    const rows = new Map<string, Row>();
    for (const reading of readings) {
      const row = this.#rows.get(reading.key) ?? this.#newRow(reading);
      const text = JSON.stringify(reading.facts);
      if (text !== row.factsText) {
        row.facts = reading.facts;
        row.factsText = text;
        row.factsVersion = this.#version;
      }
      rows.set(reading.key, row);
    }
    if (!isSameOrder(this.#rows, rows)) this.#layoutVersion = this.#version;
    this.#rows = rows;
  }

  /** As `refresh`, and a step of the charts; once a second. */
  sample(readings: readonly RowReading[], totals: TotalReading, nowMs: Millis): void {
    this.refresh(readings);
    const seconds = this.#lastSampleMs === undefined ? 1 : (nowMs - this.#lastSampleMs) / 1000;
    this.#lastSampleMs = nowMs;
    this.#second += Math.max(1, Math.round(seconds));
    for (const { key, counters } of readings) {
      const row = this.#rows.get(key)!;
      row.meter.read(counters, this.#second, seconds);
      const text = row.meter.figures.join();
      if (text === row.figuresText) continue;
      row.figuresText = text;
      row.figuresVersion = this.#version;
    }
    this.#sampleTotals(totals, seconds);
  }

  /** What came after a version, of the proxies that may be seen; 0: everything. */
  changesSince(version: number, isSeen: (proxy: string) => boolean): BoardChanges {
    const facts: BoardChanges["facts"] = [];
    const figures: BoardChanges["figures"] = [];
    let index = 0;
    for (const row of this.#rows.values()) {
      if (isSeen(row.proxy)) {
        if (row.factsVersion > version) facts.push([index, row.facts]);
        if (row.figuresVersion > version) figures.push([index, ...row.meter.figures]);
      }
      index += 1;
    }
    return { facts, figures };
  }

  /** The charts of all rows; empty ones for proxies that may not be seen. */
  past(isSeen: (proxy: string) => boolean): readonly RowPast[] {
    return Array.from(this.#rows.values(), ({ proxy, meter }) =>
      isSeen(proxy) ? meter.past : [[], [], []],
    );
  }

  /** The charts of the process: sessions, connects, bytes in, bytes out. */
  get totalsPast(): readonly (readonly number[])[] {
    return this.#totals.map((ring) => ring.toArray());
  }

  #newRow({ proxy, facts }: RowReading): Row {
    return {
      proxy,
      meter: new RowMeter(),
      facts,
      factsText: "",
      factsVersion: 0,
      figuresText: "",
      figuresVersion: this.#version,
    };
  }

  #sampleTotals(reading: TotalReading, seconds: number): void {
    const last = this.#lastTotals ?? reading;
    this.#lastTotals = reading;
    this.#totalFigures = [
      reading.sessions,
      perSecond(reading.connectsTotal - last.connectsTotal, seconds),
      this.#bytesIn.read(reading.bytesInTotal, seconds),
      this.#bytesOut.read(reading.bytesOutTotal, seconds),
    ];
    this.#totals.forEach((ring, index) => ring.note(this.#second, this.#totalFigures[index]!));
  }
}

function isSameOrder(a: ReadonlyMap<string, Row>, b: ReadonlyMap<string, Row>): boolean {
  if (a.size !== b.size) return false;
  const keys = b.keys();
  for (const key of a.keys()) if (keys.next().value !== key) return false;
  return true;
}
