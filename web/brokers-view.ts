// All backends, and the box that filters their servers.
import { BackendView, type ServerFilter } from "./backend-view.ts";
import { element } from "./element.ts";
import type { Visibility } from "./row-cells.ts";
import type { AskedToAct } from "./server-row.ts";
import type { Row } from "./store.ts";

/** See the head of this file. */
export class BrokersView {
  readonly node: HTMLElement;
  readonly #list = element("div", { class: "backends" });
  readonly #text: HTMLInputElement;
  readonly #troubled: HTMLInputElement;
  #backends: readonly BackendView[] = [];

  constructor() {
    this.#text = element("input", {
      type: "search",
      id: "servers-text",
      placeholder: "name or address",
      autocomplete: "off",
    });
    this.#troubled = element("input", { type: "checkbox", id: "servers-troubled" });
    for (const box of [this.#text, this.#troubled]) {
      box.addEventListener("input", () => this.#filter());
    }
    this.node = element(
      "section",
      { "aria-labelledby": "brokers" },
      element(
        "div",
        { class: "section-head" },
        element("h2", { id: "brokers" }, "Brokers"),
        element(
          "div",
          { class: "search" },
          element("label", { for: "servers-text" }, "Filter servers"),
          this.#text,
          this.#troubled,
          element("label", { for: "servers-troubled" }, "In trouble only"),
        ),
      ),
      this.#list,
    );
  }

  /** Draws anew: the rows are others. */
  show(rows: readonly Row[], asked: AskedToAct | undefined, visibility: Visibility): void {
    const backends = rows.filter(({ facts }) => facts.kind === "backend");
    this.#backends = backends.map((backend) => {
      const servers = rows.filter(
        ({ facts }) => facts.kind === "server" && facts.backend === backend.facts.name,
      );
      return new BackendView(backend, servers, asked, visibility);
    });
    this.#list.replaceChildren(...this.#backends.map(({ node }) => node));
    this.#filter();
  }

  /** Shows the facts of these rows, which have changed. */
  showFacts(changed: ReadonlySet<number>): void {
    for (const backend of this.#backends) {
      backend.showFacts();
      const servers = backend.servers.filter(({ row }) => changed.has(row.index));
      for (const server of servers) server.showFacts();
      if (servers.length > 0) backend.arrange();
    }
  }

  showFigures(nowMs: number): void {
    for (const backend of this.#backends) backend.showFigures(nowMs);
  }

  #filter(): void {
    const filter: ServerFilter = {
      text: this.#text.value.trim().toLowerCase(),
      isTroubledOnly: this.#troubled.checked,
    };
    for (const backend of this.#backends) backend.filter(filter);
  }
}
