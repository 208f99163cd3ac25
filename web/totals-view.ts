// The process in four figures, each with its last five minutes.
import { Chart } from "./chart.ts";
import { element, setText } from "./element.ts";
import { bytesText, countText } from "./figures.ts";
import type { Store } from "./store.ts";

const TILES: readonly { readonly label: string; readonly text: (value: number) => string }[] = [
  { label: "Sessions", text: countText },
  { label: "Connects per second", text: countText },
  { label: "From clients", text: (value) => `${bytesText(value)}/s` },
  { label: "To clients", text: (value) => `${bytesText(value)}/s` },
];

/** See the head of this file. */
export class TotalsView {
  readonly node: HTMLElement;
  readonly #tiles = TILES.map(({ label, text }) => {
    const value = element("p", { class: "value" });
    const note = element("p", { class: "note" });
    const chart = new Chart("wide");
    const node = element(
      "div",
      { class: "tile" },
      element("h3", {}, label),
      value,
      note,
      chart.node,
    );
    return { node, value, note, chart, text };
  });

  constructor() {
    this.node = element(
      "section",
      { class: "tiles", "aria-label": "Traffic of this node, last five minutes" },
      ...this.#tiles.map(({ node }) => node),
    );
  }

  update({ totals, totalCharts, sessionsMax }: Store): void {
    this.#tiles.forEach(({ value, note, chart, text }, index) => {
      const values = totalCharts[index]?.toArray() ?? [];
      setText(value, text(totals[index] ?? 0));
      const limit = index === 0 && sessionsMax !== null ? ` · limit ${countText(sessionsMax)}` : "";
      setText(note, `highest ${text(Math.max(0, ...values))}${limit}`);
      chart.draw(values);
    });
  }
}
