// Small charts: the shape of a series, without axes; the latest value stands beside it as text.
import { svgElement } from "./element.ts";

/** The coordinates of a chart; the page's style decides how large it is drawn. */
const WIDTH = 120;
const HEIGHT = 28;

/** The line of a series, and the area below it, as paths of SVG. */
export function chartPaths(
  values: readonly number[],
  highest: number,
): { readonly line: string; readonly area: string } {
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map((value, index) => {
    const y = HEIGHT - 1 - (value / highest) * (HEIGHT - 3);
    return `${round(index * step)} ${round(y)}`;
  });
  const line = `M${points.join("L")}`;
  return { line, area: `${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z` };
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A chart that is drawn when its values are given. */
export class Chart {
  readonly node: SVGSVGElement;
  readonly #line = svgElement("path", { class: "line" });
  readonly #area = svgElement("path", { class: "area" });
  #drawn = "";

  /** `kind`: a class of the style sheet. */
  constructor(kind: string) {
    this.node = svgElement(
      "svg",
      {
        class: `chart ${kind}`,
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: "none",
        "aria-hidden": "true",
      },
      this.#area,
      this.#line,
    );
  }

  /** Draws the values, from 0 to the highest of them. */
  draw(values: readonly number[]): void {
    const { line, area } = chartPaths(values, Math.max(1, ...values));
    if (line === this.#drawn) return;
    this.#drawn = line;
    this.#line.setAttribute("d", line);
    this.#area.setAttribute("d", area);
  }
}
