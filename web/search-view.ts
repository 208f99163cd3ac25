// A search for sessions or entries: a box, a page of results, and the way to the next one. The server
// searches, so that the page never holds more than it shows.
import type { SearchPage } from "../src/dashboard/document.ts";
import { button, element, setAttributes, setText } from "./element.ts";
import { headRow } from "./row-cells.ts";
import { AnswerError } from "./server.ts";

/** Silence of the keyboard after which a search begins, ms. */
const TYPING_MS = 250;

/** What is searched. */
export interface SearchKind<Row> {
  /** Of the section and of its parts. */
  readonly id: string;
  readonly title: string;
  readonly label: string;
  readonly placeholder: string;
  readonly columns: readonly string[];
  ask(text: string, from: number, stop: AbortSignal): Promise<SearchPage<Row>>;
  /** A row of the table. */
  rowOf(row: Row): HTMLElement;
}

/** See the head of this file. */
export class SearchView<Row> {
  readonly node: HTMLElement;
  readonly #kind: SearchKind<Row>;
  readonly #input: HTMLInputElement;
  readonly #body = element("tbody", { role: "rowgroup" });
  readonly #outcome = element("p", { class: "dim", role: "status" });
  readonly #next: HTMLButtonElement;
  readonly #first: HTMLButtonElement;
  #nextFrom = 0;
  #timer: number | undefined;
  #running: AbortController | undefined;

  /** `choice`: what stands before the box. */
  constructor(kind: SearchKind<Row>, ...choice: readonly HTMLElement[]) {
    this.#kind = kind;
    const { id, title, label, placeholder, columns } = kind;
    this.#input = element("input", {
      type: "search",
      id: `${id}-text`,
      placeholder,
      autocomplete: "off",
      spellcheck: "false",
      maxlength: 256,
    });
    this.#input.addEventListener("input", () => this.#onTyped());
    this.#next = button("Next page", { class: "quiet", hidden: true }, () => {
      void this.search(this.#nextFrom);
    });
    this.#first = button("First page", { class: "quiet", hidden: true }, () => void this.search());
    const form = element(
      "form",
      { class: "search", role: "search", "aria-labelledby": id },
      ...choice,
      element("label", { for: `${id}-text` }, label),
      this.#input,
      element("button", { type: "submit", class: "quiet" }, "Search"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.search();
    });
    this.node = element(
      "section",
      { class: "card", "aria-labelledby": id },
      element("h2", { id }, title),
      form,
      this.#outcome,
      element("table", { role: "table", "aria-labelledby": id }, headRow(columns), this.#body),
      element("div", { class: "buttons" }, this.#first, this.#next),
    );
  }

  /** Searches for what stands in the box; `from` is a page's `next`. */
  async search(from = 0): Promise<void> {
    clearTimeout(this.#timer);
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    try {
      const page = await this.#kind.ask(this.#input.value, from, running.signal);
      if (this.#running === running) this.#show(page, from);
    } catch (error) {
      if (this.#running === running) this.#fail(error);
    }
  }

  #onTyped(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.search(), TYPING_MS);
  }

  #show({ rows, next }: SearchPage<Row>, from: number): void {
    this.#body.replaceChildren(...rows.map((row) => this.#kind.rowOf(row)));
    this.#nextFrom = next ?? 0;
    setAttributes(this.#next, { hidden: next === null });
    setAttributes(this.#first, { hidden: from === 0 });
    const time = new Date().toLocaleTimeString("en-GB");
    const count = rows.length === 0 ? "Nothing found" : `${rows.length} shown`;
    setText(this.#outcome, `${count}${next === null ? "" : ", there are more"} · as of ${time}`);
  }

  #fail(error: unknown): void {
    this.#body.replaceChildren();
    setAttributes(this.#next, { hidden: true });
    const text = error instanceof AnswerError ? error.message : "The server gave no answer.";
    setText(this.#outcome, text);
  }
}
