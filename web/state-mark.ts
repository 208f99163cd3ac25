// A state is told by a shape, a word and a colour; any one of them is enough.
import { element, setAttributes, setText } from "./element.ts";
import type { ServerCondition } from "../src/dashboard/document.ts";

/** How good a state is: the class of its colour. */
export type Tone = "good" | "calm" | "warn" | "bad" | "rest";

const SHAPES: Readonly<Record<Tone, string>> = {
  good: "●",
  calm: "○",
  warn: "▲",
  bad: "■",
  rest: "◆",
};

/** A mark: shape and word. */
export class StateMark {
  readonly node: HTMLElement;
  readonly #shape = element("span", { "aria-hidden": "true", class: "shape" });
  readonly #word = element("span");

  constructor() {
    this.node = element("span", { class: "mark" }, this.#shape, this.#word);
  }

  show(tone: Tone, word: string): void {
    setAttributes(this.node, { class: `mark ${tone}` });
    setText(this.#shape, SHAPES[tone]);
    setText(this.#word, word);
  }
}

/** A mark that does not change. */
export function stateMark(tone: Tone, word: string): HTMLElement {
  const mark = new StateMark();
  mark.show(tone, word);
  return mark.node;
}

/** The tone of a server's state; on its way up or down is worth a look. */
export function toneOfServer(state: ServerCondition, status: string): Tone {
  switch (state) {
    case "up":
      return status.includes("/") ? "warn" : "good";
    case "unchecked":
      return "calm";
    case "down":
      return "bad";
    case "stopping":
      return "warn";
    case "drain":
    case "maintenance":
      return "rest";
  }
}

/** The tone of a virtual router's state. */
export function toneOfRouter(state: string): Tone {
  if (state === "MASTER") return "good";
  return state === "BACKUP" ? "calm" : state === "FAULT" ? "bad" : "warn";
}
