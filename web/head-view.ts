// The head of the page: which node, how it is, and whether the page is up to date.
import type { NodeView } from "../src/dashboard/document.ts";
import { element, setAttributes, setText } from "./element.ts";
import { shownText } from "./foreign-text.ts";
import { StateMark, stateMark, type Tone } from "./state-mark.ts";
import { themeButton } from "./theme.ts";

const STATES: Readonly<Record<NodeView["state"], readonly [Tone, string]>> = {
  ok: ["good", "OK"],
  degraded: ["warn", "DEGRADED"],
  down: ["bad", "DOWN"],
};

const PROBLEM_TONES = { down: "bad", degraded: "warn", note: "rest" } as const;

/** Problems that are listed; of more, their number is. */
const PROBLEMS_MAX = 5;

/** See the head of this file. */
export class HeadView {
  readonly node: HTMLElement;
  /** What is wrong, the worst first. */
  readonly problems = element("ul", { class: "problems", "aria-label": "Problems" });
  readonly #name = element("span");
  readonly #state = new StateMark();
  readonly #live = new StateMark();
  readonly #description: string;

  constructor(uri: string, description: string) {
    this.#description = description;
    const link = (text: string, suffix: string): HTMLElement =>
      element("a", { href: uri + suffix }, text);
    this.node = element(
      "header",
      {},
      element("h1", {}, element("span", { class: "brand" }, "Tandem "), this.#name),
      this.#state.node,
      this.#live.node,
      element(
        "nav",
        { "aria-label": "Other forms of this page" },
        link("Table", ";table"),
        link("CSV", ";csv;norefresh"),
        link("JSON", ";json;norefresh"),
        themeButton(),
      ),
    );
    this.showLive("");
    this.#state.show("calm", "loading");
  }

  show({ host, state, problems, version }: NodeView): void {
    const [tone, word] = STATES[state];
    this.#state.show(tone, word);
    const description = this.#description === "" ? "" : ` · ${this.#description}`;
    setText(this.#name, shownText(host) + description);
    setAttributes(this.#name, { title: version === null ? undefined : `version ${version}` });
    document.title = `${tone === "good" ? "" : `${word} · `}${shownText(host)} · Tandem`;
    const shown = problems.slice(0, PROBLEMS_MAX).map(({ severity, text }) => {
      return element("li", {}, stateMark(PROBLEM_TONES[severity], shownText(text)));
    });
    const rest = problems.length - shown.length;
    if (rest > 0) shown.push(element("li", { class: "dim" }, `and ${rest} more`));
    this.problems.replaceChildren(...shown);
    setAttributes(this.problems, { hidden: shown.length === 0 });
  }

  /** Whether answers come; empty: they do. */
  showLive(failure: string): void {
    this.#live.show(failure === "" ? "calm" : "bad", failure === "" ? "live" : failure);
  }
}
