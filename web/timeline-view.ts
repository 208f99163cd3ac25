// What has happened, the latest first.
import { durationText } from "../src/base/duration-text.ts";
import type { EventSeverity, NodeEvent } from "../src/base/event.ts";
import { element, setAttributes, setText, unseen } from "./element.ts";
import { clockText } from "./figures.ts";
import { shownText } from "./foreign-text.ts";
import { stateMark, type Tone } from "./state-mark.ts";

const TONES: Readonly<Record<EventSeverity, Tone>> = {
  info: "calm",
  notice: "good",
  warning: "warn",
  error: "bad",
};

const SHAPES: Readonly<Record<EventSeverity, string>> = {
  info: "○",
  notice: "●",
  warning: "▲",
  error: "■",
};

/** Whether an event is told to readers of the screen: who is master, and what went wrong. */
export function isTold({ severity, kind }: NodeEvent): boolean {
  return severity === "warning" || severity === "error" || kind.startsWith("vrrp.");
}

/** One sentence about an event. */
export function eventSentence({ subject, text, cause }: NodeEvent): string {
  const because = cause === undefined ? "" : `: ${cause}`;
  return shownText(text.includes(subject) ? text + because : `${subject}: ${text}${because}`);
}

/** See the head of this file. */
export class TimelineView {
  readonly node: HTMLElement;
  readonly #list = element("ol", { class: "events", tabindex: 0, "aria-label": "Events" });
  readonly #empty = element("p", { class: "dim" }, "Nothing has happened since the start.");
  readonly #severe: HTMLInputElement;
  #events: readonly NodeEvent[] = [];
  #nowMs = 0;

  constructor() {
    this.#severe = element("input", { type: "checkbox", id: "events-severe" });
    this.#severe.addEventListener("change", () => this.#draw());
    this.node = element(
      "section",
      { class: "card timeline", "aria-labelledby": "timeline" },
      element("h2", { id: "timeline" }, "Timeline"),
      element(
        "p",
        { class: "search" },
        this.#severe,
        element("label", { for: "events-severe" }, "Warnings and errors only"),
      ),
      this.#empty,
      this.#list,
    );
  }

  /** `events`: the oldest first. */
  show(events: readonly NodeEvent[], nowMs: number): void {
    this.#events = events;
    this.#nowMs = nowMs;
    this.#draw();
  }

  #draw(): void {
    const isSevereOnly = this.#severe.checked;
    const shown = this.#events.filter(
      ({ severity }) => !isSevereOnly || severity === "warning" || severity === "error",
    );
    this.#list.replaceChildren(...shown.map((event) => this.#item(event)).reverse());
    setAttributes(this.#empty, { hidden: shown.length > 0 });
    setAttributes(this.#list, { hidden: shown.length === 0 });
    setText(
      this.#empty,
      isSevereOnly ? "No warning and no error." : "Nothing has happened since the start.",
    );
  }

  #item(event: NodeEvent): HTMLElement {
    const { severity, source, atMs, durationMs, kind, data } = event;
    const took = durationMs === undefined ? "" : ` · after ${durationText(durationMs)}`;
    // A takeover: for so long there was no master.
    const outageMs = data?.["outageMs"];
    const outage =
      typeof outageMs === "number" ? [stateMark("warn", `outage ${durationText(outageMs)}`)] : [];
    return element(
      "li",
      { class: `${TONES[severity]}${kind.startsWith("vrrp.") ? " vrrp" : ""}`, "data-kind": kind },
      element("span", { class: "shape", "aria-hidden": "true" }, SHAPES[severity]),
      element(
        "div",
        {},
        element("p", {}, unseen(`${severity}: `), eventSentence(event)),
        element(
          "p",
          { class: "dim" },
          element("time", { datetime: new Date(atMs).toISOString() }, clockText(atMs, this.#nowMs)),
          ` · ${source}${took} `,
          ...outage,
        ),
      ),
    );
  }
}
