// Where the events of a node go besides its log: a web server, a program.
import { isWebhookUrl } from "../../../src/base/webhook-url.ts";
import type { Statement } from "../blocks.ts";
import type { Context } from "../context.ts";
import type { GlobalDraft } from "../draft.ts";
import { EVENT_KINDS_MAX, WEBHOOK_URL_CHARS_MAX } from "../../limits.ts";
import { ours, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { COMMAND_FORM, readCommand } from "./command.ts";

/** `event-webhook URL [ca-file FILE]`. The URL may be a secret and is never repeated. */
function readWebhook({ words, position }: Statement, _draft: unknown, context: Context): void {
  const form = "expected: event-webhook URL [ca-file FILE], with a URL as https://host/path";
  const refuse = (what: string): void =>
    context.refuseOurs(`'event-webhook': ${what}`, position, form);
  const [, url = "", option, caFile] = words;
  const { events } = context.draft.tandem;
  if (url.length > WEBHOOK_URL_CHARS_MAX) return refuse("the URL is too long");
  if (!isWebhookUrl(url)) return refuse("the second word is no URL of http or https");
  if (events.webhook !== undefined) return refuse("there is one already");
  if (words.length !== 2 && (words.length !== 4 || option !== "ca-file")) {
    return refuse("an unknown or unfinished word behind the URL");
  }
  if (caFile !== undefined && !caFile.startsWith("/")) {
    return refuse("the file behind ca-file needs an absolute path");
  }
  events.webhook = { url, caFile };
}

function readScript(statement: Statement, _draft: unknown, context: Context): void {
  const { events } = context.draft.tandem;
  if (events.script !== undefined) {
    context.refuseOurs("'event-script': there is one already", statement.position);
    return;
  }
  const command = readCommand(statement, context);
  if (command !== undefined) events.script = command;
}

function readKinds({ words, position }: Statement, _draft: unknown, context: Context): void {
  const kinds = words.slice(1);
  const wrong = kinds.find((kind) => !/^[a-z]+(?:\.[a-z-]+)?$/.test(kind));
  if (kinds.length > EVENT_KINDS_MAX) {
    const found = `'event-kinds' found ${kinds.length} words, expected at most ${EVENT_KINDS_MAX}`;
    context.refuseOurs(found, position, "The first word of kinds names a whole group.");
  } else if (wrong !== undefined) {
    const found = `'event-kinds' found '${shown(wrong)}', expected a kind of event, or the first word of kinds`;
    context.refuseOurs(found, position, "For example: event-kinds vrrp server.down process");
  } else context.draft.tandem.events.kinds = kinds;
}

/** The directives of `EventOutlets`. */
export const EVENT_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  ours({
    name: "event-webhook",
    form: "URL [ca-file FILE]",
    summary: "Every event of the node is posted there as JSON.",
    default: "none",
    needs: 1,
    read: readWebhook,
  }),
  ours({
    name: "event-script",
    form: COMMAND_FORM,
    summary: "Run for every event of the node, one at a time, with kind, severity and subject.",
    default: "none",
    needs: 1,
    read: readScript,
  }),
  ours({
    name: "event-kinds",
    form: "KIND|GROUP ...",
    summary:
      "Only these are posted, or given to the script: server.down, or server for all of a group.",
    default: "all",
    needs: 1,
    read: readKinds,
  }),
];
