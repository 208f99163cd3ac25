// The frontends: where they listen, and what comes in.
import type { FrontendFacts } from "../src/dashboard/document.ts";
import { element, setText } from "./element.ts";
import { countText } from "./figures.ts";
import { shownText } from "./foreign-text.ts";
import { cell, FigureCells, headRow, type Visibility } from "./row-cells.ts";
import { StateMark } from "./state-mark.ts";
import type { Row } from "./store.ts";

const COLUMNS = ["Listener", "State", "Sessions", "Connects/s", "Traffic", "Refused"];

interface Listener {
  readonly row: Row;
  readonly node: HTMLElement;
  readonly mark: StateMark;
  readonly addresses: HTMLElement;
  readonly refused: HTMLElement;
  /** By which limits. */
  readonly limited: HTMLElement;
  readonly figures: FigureCells;
}

/** See the head of this file. */
export class ListenersView {
  readonly node: HTMLElement;
  readonly #body = element("tbody", { role: "rowgroup" });
  #listeners: readonly Listener[] = [];

  constructor() {
    this.node = element(
      "section",
      { class: "card", "aria-labelledby": "listeners" },
      element("h2", { id: "listeners" }, "Listeners"),
      element(
        "table",
        { role: "table", "aria-labelledby": "listeners" },
        headRow(COLUMNS),
        this.#body,
      ),
    );
  }

  show(rows: readonly Row[], visibility: Visibility): void {
    this.#listeners = rows.map((row) => {
      const mark = new StateMark();
      const addresses = element("span", { class: "mono dim" });
      const refused = element("span");
      const limited = element("span", { class: "dim" });
      const figures = new FigureCells();
      const node = element(
        "tr",
        { role: "row" },
        element(
          "th",
          { role: "rowheader", scope: "row" },
          element("span", { class: "name" }, shownText(row.facts.name)),
          addresses,
        ),
        cell("State", mark.node),
        ...figures.nodes,
        cell("Refused", refused, limited),
      );
      visibility.watch(node);
      return { row, node, mark, addresses, refused, limited, figures };
    });
    this.#body.replaceChildren(...this.#listeners.map(({ node }) => node));
  }

  update(visibility: Visibility): void {
    for (const listener of this.#listeners) {
      const { row, node, mark, addresses, refused, figures } = listener;
      const facts = row.facts as FrontendFacts;
      const isOpen = facts.admin === "open" && facts.addresses.length > 0;
      mark.show(isOpen ? "good" : "rest", isOpen ? "open" : facts.admin);
      setText(addresses, facts.addresses.join(", "));
      setText(refused, countText(facts.deniedCount));
      setText(listener.limited, limitsText(facts));
      figures.update(row, facts.sessionsMax);
      if (visibility.isSeen(node)) figures.draw(row);
    }
  }
}

function limitsText({ limited }: FrontendFacts): string {
  return limited.map(([reason, count]) => ` ${reason} ${countText(count)}`).join(",");
}
