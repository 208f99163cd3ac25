// A backend with its servers. Of many servers those in trouble are shown first and the rest on demand,
// so that the page stays short.
import type { BackendFacts, ServerFacts } from "../src/dashboard/document.ts";
import { Chart } from "./chart.ts";
import { button, element, setAttributes, setText } from "./element.ts";
import { countText, pluralText } from "./figures.ts";
import { shownText } from "./foreign-text.ts";
import { headRow, type Visibility } from "./row-cells.ts";
import { type AskedToAct, SERVER_COLUMNS, ServerRow } from "./server-row.ts";
import { StateMark, toneOfServer } from "./state-mark.ts";
import type { Row } from "./store.ts";

/** Servers that are shown unless all are asked for. */
const SHOWN_MAX = 12;

/** Which servers a person wants to see. */
export interface ServerFilter {
  /** In lower case; empty for all. */
  readonly text: string;
  readonly isTroubledOnly: boolean;
}

/** See the head of this file. */
export class BackendView {
  readonly node: HTMLElement;
  readonly #row: Row;
  readonly #servers: readonly ServerRow[];
  readonly #visibility: Visibility;
  readonly #mark = new StateMark();
  readonly #summary = element("p", { class: "dim" });
  readonly #chart = new Chart("small");
  readonly #body = element("tbody", { role: "rowgroup" });
  readonly #more: HTMLButtonElement;
  #filter: ServerFilter = { text: "", isTroubledOnly: false };
  #isWhole = false;

  constructor(
    row: Row,
    servers: readonly Row[],
    asked: AskedToAct | undefined,
    visibility: Visibility,
  ) {
    this.#row = row;
    this.#visibility = visibility;
    this.#servers = servers.map((server) => new ServerRow(server, asked));
    this.#more = button("", { class: "quiet more" }, () => {
      this.#isWhole = !this.#isWhole;
      this.arrange();
    });
    const id = `backend-${row.index}`;
    const columns = asked === undefined ? SERVER_COLUMNS : [...SERVER_COLUMNS, "Actions"];
    this.node = element(
      "section",
      { class: "card backend", "aria-labelledby": id },
      element(
        "div",
        { class: "backend-head" },
        element("h3", { id }, shownText(row.facts.name)),
        this.#mark.node,
        this.#summary,
        this.#chart.node,
      ),
      element("table", { role: "table", "aria-labelledby": id }, headRow(columns), this.#body),
      this.#more,
    );
    for (const server of this.#servers) visibility.watch(server.node);
    this.showFacts();
    this.arrange();
  }

  get servers(): readonly ServerRow[] {
    return this.#servers;
  }

  showFacts(): void {
    const { usableCount, serverCount } = this.#row.facts as BackendFacts;
    const tone = usableCount === 0 ? "bad" : usableCount < serverCount ? "warn" : "good";
    this.#mark.show(tone, `${usableCount} of ${serverCount} usable`);
  }

  showFigures(nowMs: number): void {
    const { figures, facts } = this.#row;
    const [sessions, queued, connects] = figures;
    const { algorithm } = facts as BackendFacts;
    const waiting = queued > 0 ? ` · ${countText(queued)} wait` : "";
    const load = `${pluralText(sessions, "session")} · ${countText(connects)} connects/s`;
    setText(this.#summary, `${algorithm} · ${load}${waiting}`);
    this.#chart.draw(this.#row.charts[0].toArray());
    for (const server of this.#servers) {
      server.showFigures(nowMs, this.#visibility.isSeen(server.node));
    }
  }

  filter(filter: ServerFilter): void {
    this.#filter = filter;
    this.arrange();
  }

  /** Puts the servers that are to be seen into the table. */
  arrange(): void {
    const { text, isTroubledOnly } = this.#filter;
    const isFiltered = text !== "" || isTroubledOnly;
    const found = this.#servers.filter(({ row }) => {
      const facts = row.facts as ServerFacts;
      if (isTroubledOnly && !isTroubled(facts)) return false;
      return `${facts.backend}/${facts.name} ${facts.address ?? ""}`.toLowerCase().includes(text);
    });
    const isCut = found.length > SHOWN_MAX && !this.#isWhole;
    const shown = isCut ? troubledFirst(found).slice(0, SHOWN_MAX) : found;
    const nodes = shown.map(({ node }) => node);
    if (!isSame(nodes, this.#body.children)) this.#body.replaceChildren(...nodes);
    setAttributes(this.#more, { hidden: found.length <= SHOWN_MAX });
    setText(this.#more, isCut ? `Show all ${found.length} servers` : "Show fewer");
    setAttributes(this.node, { hidden: isFiltered && found.length === 0 });
  }
}

function isTroubled({ state, status }: ServerFacts): boolean {
  const tone = toneOfServer(state, status);
  return tone !== "good" && tone !== "calm";
}

/** The order of the file is kept among those in trouble, and among the others. */
function troubledFirst(servers: readonly ServerRow[]): readonly ServerRow[] {
  const isBad = ({ row }: ServerRow): boolean => isTroubled(row.facts as ServerFacts);
  return [...servers.filter(isBad), ...servers.filter((server) => !isBad(server))];
}

function isSame(nodes: readonly Element[], present: HTMLCollection): boolean {
  return nodes.length === present.length && nodes.every((node, index) => node === present[index]);
}
