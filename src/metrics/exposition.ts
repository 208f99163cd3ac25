// The text format of Prometheus, version 0.0.4: families with a head of two lines, and samples.

/** How a family's values move. */
export type MetricType = "counter" | "gauge";

/** A family of samples. */
export interface MetricFamily {
  /** With its prefix: `haproxy_server_status`. */
  readonly name: string;
  readonly type: MetricType;
  /** One sentence without a full stop. */
  readonly help: string;
}

/** Names and values of labels, in order. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** One sample; `undefined`: the value does not apply, which HAProxy prints as NaN. */
export interface MetricSample {
  readonly labels: Labels;
  readonly value: number | string | undefined;
}

/** The media type of the format. */
export const METRICS_TYPE = "text/plain; version=0.0.4";

/** The two lines that go before the samples of a family. */
export function formatHead({ name, type, help }: MetricFamily): string {
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
}

/** The line of a sample. */
export function formatSample(name: string, { labels, value }: MetricSample): string {
  return formatLine(name, formatLabels(labels), value);
}

/** The same with labels as text, which many samples may share. */
export function formatLine(name: string, labels: string, value: MetricSample["value"]): string {
  return labels === "" ? `${name} ${value ?? "NaN"}\n` : `${name}{${labels}} ${value ?? "NaN"}\n`;
}

/** Labels as they stand between braces. */
export function formatLabels(labels: Labels): string {
  return labels.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(",");
}

/** A backslash, a quote and a line feed would end the value or the line. */
function escapeLabel(value: string): string {
  return escapeHelp(value).replaceAll('"', '\\"');
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
