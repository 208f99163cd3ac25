// A family with its samples: what a part of the metrics is made of.
import {
  formatSample,
  type MetricFamily,
  type MetricSample,
  type MetricType,
} from "./exposition.ts";

/** A family and the lines of its samples, made as they are read; without any it is not printed. */
export interface FamilyLines {
  readonly family: MetricFamily;
  readonly lines: Iterable<string>;
}

/** Puts a family and a few samples together. */
export function family(
  name: string,
  type: MetricType,
  help: string,
  samples: Iterable<MetricSample>,
): FamilyLines {
  return { family: { name, type, help }, lines: linesOf(name, samples) };
}

function* linesOf(name: string, samples: Iterable<MetricSample>): Generator<string, void> {
  for (const sample of samples) yield formatSample(name, sample);
}
