// `tandem status`.
import type { Argv } from "yargs";
import { defaultControlFolder } from "../src/io/control-socket.ts";
import { askNode, controlPlaces } from "./io/status-asker.ts";
import { mayColour } from "./io/print-lines.ts";
import { isTerminal, screenSize, watchScreen } from "./io/watch-screen.ts";
import type { Output } from "./output.ts";
import { exitCodeOf, statusDocument } from "./status/document.ts";
import { paint } from "./status/line.ts";
import { statusScreen } from "./status/screen.ts";
import { UsageError } from "./usage-error.ts";

const WATCH_PERIOD_MS = 1_000;
/** On wider screens nothing is gained. */
const WIDTH_MAX = 132;
const WIDTH_MIN = 40;

/** `--control-dir`: where the sockets of a node are. */
export function controlDirOption<T>(parser: Argv<T>) {
  return parser.option("control-dir", {
    type: "string",
    requiresArg: true,
    describe: `folder of control sockets (default here: ${defaultControlFolder()})`,
  });
}

/** Options of `tandem status`. */
export function statusOptions(parser: Argv) {
  return controlDirOption(parser)
    .option("control", {
      type: "string",
      requiresArg: true,
      describe: "the balancer's control socket; guard's and agent's are in its folder",
    })
    .option("json", { type: "boolean", default: false, describe: "one JSON object, for programs" })
    .option("watch", {
      alias: "w",
      type: "boolean",
      default: false,
      describe: "draw again each second, until q",
    })
    .option("all", {
      alias: "a",
      type: "boolean",
      default: false,
      describe: "every broker and table, however many",
    })
    .example("$0 status", "exit code 0: ok, 1: degraded, 2: down or nobody answers")
    .example("$0 status --json | jq .problems", "what is wrong, for a program");
}

interface StatusArguments {
  readonly control?: string | undefined;
  readonly controlDir?: string | undefined;
  readonly json: boolean;
  readonly watch: boolean;
  readonly all: boolean;
}

/** `tandem status`; the exit code is that of the last look. */
export async function statusCommand(argv: StatusArguments, output: Output): Promise<number> {
  const places = controlPlaces(argv);
  if (argv.json && argv.watch) {
    throw new UsageError("--json and --watch are given: one of them is expected");
  }
  const hasColours = mayColour(process.env, isTerminal());
  let exitCode = 0;
  const look = async (columns: number): Promise<string> => {
    const status = statusDocument(await askNode(places));
    exitCode = exitCodeOf(status);
    if (argv.json) return `${JSON.stringify(status)}\n`;
    const width = Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, columns));
    return paint(statusScreen(status, { width, isWhole: argv.all }), width, hasColours);
  };
  if (argv.watch) {
    await watchScreen({ periodMs: WATCH_PERIOD_MS, draw: ({ columns }) => look(columns) });
  } else output.out(await look(screenSize().columns));
  return exitCode;
}
