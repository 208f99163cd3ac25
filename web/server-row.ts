// One server: how it stands, what it carries, and what can be done with it.
import type { ServerFacts } from "../src/dashboard/document.ts";
import { button, element, setAttributes, setText } from "./element.ts";
import { ageText, countText } from "./figures.ts";
import { shownText } from "./foreign-text.ts";
import { cell, FigureCells } from "./row-cells.ts";
import type { Action } from "./server.ts";
import { StateMark, toneOfServer } from "./state-mark.ts";
import type { Row } from "./store.ts";

/** Called when a person wants something done. */
export type AskedToAct = (action: Action, server: ServerFacts, sessions: number) => void;

const ACTIONS: readonly { readonly action: Action; readonly label: string }[] = [
  { action: "drain", label: "Drain" },
  { action: "maint", label: "Maint" },
  { action: "ready", label: "Ready" },
];

/** The columns of servers. */
export const SERVER_COLUMNS: readonly string[] = [
  "Server",
  "State",
  "Sessions",
  "Connects/s",
  "Traffic",
  "Queue",
  "Weight",
  "Last check",
];

/** See the head of this file. */
export class ServerRow {
  readonly node: HTMLTableRowElement;
  readonly row: Row;
  readonly #mark = new StateMark();
  readonly #since = element("span", { class: "age dim" });
  readonly #address = element("span", { class: "mono dim" });
  readonly #queue = element("span");
  readonly #weight = element("span");
  readonly #check = element("span");
  readonly #checkText = element("span", { class: "dim cut" });
  readonly #figures = new FigureCells();
  readonly #buttons: readonly (readonly [Action, HTMLButtonElement])[];

  constructor(row: Row, asked: AskedToAct | undefined) {
    this.row = row;
    const { name } = row.facts;
    const shown = shownText(name);
    this.#buttons =
      asked === undefined
        ? []
        : ACTIONS.map(({ action, label }) => [
            action,
            button(label, { class: "small", "aria-label": `${label} ${shown}` }, () => {
              asked(action, this.#facts, this.row.figures[0]);
            }),
          ]);
    const actions = element("div", { class: "actions" }, ...this.#buttons.map(([, node]) => node));
    this.node = element(
      "tr",
      { role: "row", "data-server": shown },
      element(
        "th",
        { role: "rowheader", scope: "row" },
        element("span", { class: "name" }, shown),
        this.#address,
      ),
      cell("State", this.#mark.node, this.#since),
      ...this.#figures.nodes,
      cell("Queue", this.#queue),
      cell("Weight", this.#weight),
      cell("Last check", this.#check, this.#checkText),
      ...(asked === undefined ? [] : [cell("Actions", actions)]),
    );
    this.showFacts();
  }

  get #facts(): ServerFacts {
    return this.row.facts as ServerFacts;
  }

  showFacts(): void {
    const { state, status, isBackup, address, weight, check } = this.#facts;
    const tone = toneOfServer(state, status);
    this.#mark.show(tone, state === "unchecked" ? "no check" : status);
    setAttributes(this.node, { class: tone });
    setText(this.#address, `${address ?? "no address"}${isBackup ? " · backup" : ""}`);
    setText(this.#weight, String(weight));
    const text = check === null ? "" : shownText(check.text);
    setText(this.#checkText, text);
    setAttributes(this.#checkText, { title: text === "" ? undefined : text });
    const now: Action = state === "drain" ? "drain" : state === "maintenance" ? "maint" : "ready";
    for (const [action, node] of this.#buttons) {
      setAttributes(node, { hidden: action === now });
    }
  }

  /** Shows the figures of this second; charts only where they are seen. */
  showFigures(nowMs: number, isSeen: boolean): void {
    const { figures } = this.row;
    const { check, sessionsMax, sinceMs } = this.#facts;
    const took = figures[5] >= 0 ? ` ${figures[5]} ms` : "";
    setText(this.#check, check === null ? "–" : `${check.code}${took}`);
    setText(this.#queue, countText(figures[1]));
    setText(this.#since, ` ${ageText(nowMs - sinceMs)}`);
    this.#figures.update(this.row, sessionsMax);
    if (isSeen) this.#figures.draw(this.row);
  }
}
