// `tandem events`.
import type { Argv } from "yargs";
import type { NodeEvent } from "../src/base/event.ts";
import { EventDelivery } from "../src/base/io/event-delivery.ts";
import { EventFollower } from "../src/base/io/event-follower.ts";
import { webhook } from "../src/base/io/webhook.ts";
import { isWebhookUrl } from "../src/base/webhook-url.ts";
import { wallClockMs } from "../src/io/clock.ts";
import { eventLine } from "./events/event-line.ts";
import { type EventSelection, inOrder, isSelected, parseSince } from "./events/selection.ts";
import { mayColour } from "./io/print-lines.ts";
import { controlPaths, controlPlaces } from "./io/status-asker.ts";
import { isTerminal, screenSize } from "./io/watch-screen.ts";
import type { Output } from "./output.ts";
import { paint } from "./status/line.ts";
import { controlDirOption } from "./tandem-status-command.ts";
import { UsageError } from "./usage-error.ts";

/** Names of processes. */
const SOURCES = ["balancer", "agent", "guard"] as const;

/** Options of `tandem events`. */
export function eventsOptions(parser: Argv) {
  return controlDirOption(parser)
    .option("control", {
      type: "string",
      requiresArg: true,
      describe: "the balancer's control socket; guard's and agent's are in its folder",
    })
    .option("follow", {
      alias: "f",
      type: "boolean",
      default: false,
      describe: "go on with events as they come, also over restarts",
    })
    .option("json", { type: "boolean", default: false, describe: "one JSON object a line" })
    .option("since", {
      type: "string",
      requiresArg: true,
      describe: "not those before: 90s, 10m, 2h, 1d ago, or an ISO 8601 time",
    })
    .option("source", {
      type: "string",
      array: true,
      choices: SOURCES,
      describe: "only those of this process; repeatable",
    })
    .option("kind", {
      type: "string",
      array: true,
      requiresArg: true,
      describe: "only this kind (server.down) or group (server); repeatable",
    })
    .option("post", {
      type: "string",
      requiresArg: true,
      describe: "send them to this URL (http, https) instead of printing them; goes with -f",
    })
    .example("$0 events -f --kind vrrp --kind server", "who is master, and which brokers answer")
    .example("$0 events -f --post http://10.0.0.9/hook", "a webhook, as a service of its own");
}

interface EventsArguments {
  readonly control?: string | undefined;
  readonly controlDir?: string | undefined;
  readonly follow: boolean;
  readonly json: boolean;
  readonly since?: string | undefined;
  readonly source?: readonly string[] | undefined;
  readonly kind?: readonly string[] | undefined;
  readonly post?: string | undefined;
}

/** `tandem events`; 1 when nobody answers. Following ends with the process. */
export async function eventsCommand(argv: EventsArguments, output: Output): Promise<number> {
  const selection = selectionOf(argv);
  const poster = posterOf(argv, output);
  const hasColours = mayColour(process.env, isTerminal());
  const show = (events: readonly NodeEvent[]): void => {
    const shown = inOrder(events.filter((event) => isSelected(event, selection)));
    if (shown.length === 0) return;
    if (poster !== undefined) poster.add(shown);
    else if (argv.json) output.out(shown.map((event) => `${JSON.stringify(event)}\n`).join(""));
    else {
      const lines = shown.map((event) =>
        eventLine(event, -new Date(event.atMs).getTimezoneOffset()),
      );
      output.out(paint(lines, screenSize().columns, hasColours));
    }
  };
  const follower = new EventFollower(controlPaths(controlPlaces(argv)).map((path) => [path]));
  const { events, answeredCount } = await follower.take();
  show(events);
  if (argv.follow) await follower.follow(show);
  else if (answeredCount === 0) {
    const { folder } = controlPlaces(argv);
    output.error(`tandem: events: no process of a node answers in "${folder}"\n`);
    return 1;
  }
  return 0;
}

function selectionOf({ since, source = [], kind = [] }: EventsArguments): EventSelection {
  const sinceMs = since === undefined ? -Infinity : parseSince(since, wallClockMs());
  if (sinceMs === undefined) {
    throw new UsageError(
      `--since: expected 90s, 10m, 2h, 1d or an ISO 8601 time, found "${since ?? ""}"`,
    );
  }
  return { sinceMs, sources: source, kinds: kind };
}

function posterOf({ post, follow }: EventsArguments, output: Output): EventDelivery | undefined {
  if (post === undefined) return undefined;
  if (!follow) throw new UsageError("--post is given without -f: events are sent as they come");
  if (!isWebhookUrl(post)) {
    throw new UsageError('--post: expected a URL as "http://host/path"');
  }
  const say = (text: string): void => output.error(`tandem: events: ${text}\n`);
  return new EventDelivery(webhook(post), {
    failing: (problem) => say(`events cannot be delivered, and wait: ${problem}`),
    recovered: () => say("events are delivered again"),
  });
}
