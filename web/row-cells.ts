// Figures with charts in a row of a table. Charts are drawn only while they are on the screen.
import { Chart } from "./chart.ts";
import { element, setText } from "./element.ts";
import { bytesText, countText } from "./figures.ts";
import type { Row } from "./store.ts";

/** Which rows are on the screen. */
export class Visibility {
  readonly #seen = new WeakSet<Element>();
  readonly #observer: IntersectionObserver;

  /** `appeared`: a row has come onto the screen. */
  constructor(appeared: (row: Element) => void) {
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) {
            this.#seen.add(target);
            appeared(target);
          } else this.#seen.delete(target);
        }
      },
      { rootMargin: "100px" },
    );
  }

  watch(row: Element): void {
    this.#observer.observe(row);
  }

  isSeen(row: Element): boolean {
    return this.#seen.has(row);
  }

  /** Forgets all rows. */
  clear(): void {
    this.#observer.disconnect();
  }
}

/** A cell of a table that becomes a card where there is no room: `label` is its heading there. */
export function cell(label: string, ...contents: readonly (Node | string)[]): HTMLElement {
  return element("td", { role: "cell", "data-label": label }, ...contents);
}

/** Sessions, connects and bytes a second, each with its chart. */
export class FigureCells {
  readonly nodes: readonly HTMLElement[];
  readonly #values = [0, 1, 2].map(() => element("span", { class: "figure" }));
  readonly #charts = [new Chart("small"), new Chart("small"), new Chart("small")];

  constructor() {
    const labels = ["Sessions", "Connects/s", "Traffic"];
    this.nodes = labels.map((label, index) =>
      cell(
        label,
        element("div", { class: "charted" }, this.#values[index]!, this.#charts[index]!.node),
      ),
    );
  }

  /** `max`: the limit of sessions, if there is one. */
  update({ figures }: Row, max: number | null): void {
    const [sessions, , connects, bytesIn, bytesOut] = figures;
    const [first, second, third] = this.#values;
    setText(first!, countText(sessions) + (max === null ? "" : ` / ${countText(max)}`));
    setText(second!, countText(connects));
    setText(third!, `${bytesText(bytesIn + bytesOut)}/s`);
  }

  draw({ charts }: Row): void {
    charts.forEach((ring, index) => this.#charts[index]!.draw(ring.toArray()));
  }
}

/** The heading of a table. */
export function headRow(labels: readonly string[]): HTMLElement {
  return element(
    "thead",
    { role: "rowgroup" },
    element(
      "tr",
      { role: "row" },
      ...labels.map((label) => element("th", { role: "columnheader", scope: "col" }, label)),
    ),
  );
}
