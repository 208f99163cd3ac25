// A family with its samples: what a part of the metrics is made of.
import type { MetricFamily, MetricSample, MetricType } from "./exposition.ts";

/** A family and all of its samples. A family without samples is not printed. */
export interface FamilySamples {
  readonly family: MetricFamily;
  readonly samples: Iterable<MetricSample>;
}

/** Puts a family and its samples together. */
export function family(
  name: string,
  type: MetricType,
  help: string,
  samples: Iterable<MetricSample>,
): FamilySamples {
  return { family: { name, type, help }, samples };
}
