// The controls of the statistics page, which need no script: each backend is a form of its own.
import { escapeHtml } from "./escape-html.ts";

/** Values of the form and what they are called, in HAProxy's order. */
const CHOICES: readonly (readonly [action: string, label: string])[] = [
  ["ready", "State: ready"],
  ["drain", "State: drain"],
  ["maint", "State: maintenance"],
  ["dhlth", "Checks: stop"],
  ["ehlth", "Checks: start"],
  ["hrunn", "Health: force up"],
  ["hnolb", "Health: force no load"],
  ["hdown", "Health: force down"],
  ["dagent", "Agent: stop"],
  ["eagent", "Agent: start"],
  ["arunn", "Agent: force up"],
  ["adown", "Agent: force down"],
  ["shutdown", "Sessions: end all"],
];

/** Puts a table with check boxes into the form of its backend. */
export function inActionForm(table: string, proxyId: number, proxyName: string): string {
  const options = CHOICES.map(([action, label]) => `<option value="${action}">${label}</option>`);
  return [
    '<form method="post">',
    table,
    '<p class="apply"><label>With the checked servers: ',
    `<select name="action" required><option value=""></option>${options.join("")}</select></label> `,
    `<input type="hidden" name="b" value="#${proxyId}">`,
    `<button>Apply<span class="unseen"> to ${escapeHtml(proxyName)}</span></button></p>`,
    "</form>",
  ].join("\n");
}

/** The name of a server with a box to check it. */
export function formatCheckBox(name: string): string {
  const shown = escapeHtml(name);
  return `<label><input type="checkbox" name="s" value="${shown}"> ${shown}</label>`;
}

const OUTCOMES: Readonly<Record<string, readonly [kind: string, text: string]>> = {
  DONE: ["good", "Done."],
  NONE: ["", "Nothing has changed."],
  PART: ["", "Done in part: some of these servers do not exist."],
  ERRP: [
    "bad",
    "Not done: the action or the backend is unknown, a field is too long, or none of these servers exists or may be changed so.",
  ],
  EXCD: ["bad", "Not done: the form is too large. Check fewer servers at a time."],
  DENY: [
    "bad",
    "Denied: no 'stats admin' of this page allows it, or the form came from another site.",
  ],
};

/** What the page says of the last action; empty when there was none. */
export function formatOutcome(outcome: string, uri: string): string {
  if (outcome === "") return "";
  const [kind, text] = OUTCOMES[outcome] ?? ["", "The outcome is not known."];
  const away = `<a href="${escapeHtml(uri)};table">Hide</a>`;
  return `<p class="notice ${kind}" role="status">${escapeHtml(text)} ${away}</p>`;
}
