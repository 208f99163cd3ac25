// Tells readers of the screen what has changed: politely, one text for what came together.
import { element } from "./element.ts";

/** Texts that are told at once; of more, their number is. */
const TEXTS_MAX = 3;

/** See the head of this file. */
export class Announcer {
  readonly node = element("div", { class: "unseen", role: "status", "aria-live": "polite" });

  tell(texts: readonly string[]): void {
    if (texts.length === 0) return;
    const shown = texts.slice(-TEXTS_MAX).join(". ");
    const more = texts.length > TEXTS_MAX ? `. And ${texts.length - TEXTS_MAX} more` : "";
    this.node.replaceChildren(element("p", {}, shown + more));
  }
}
