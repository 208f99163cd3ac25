// Commands about the connection itself (haproxy management §9.3).
import {
  type AccessLevel,
  type Answer,
  type CommandCall,
  DENIED,
  done,
  isAllowed,
  refuse,
  type RuntimeCommand,
  tell,
} from "./command.ts";
import { helpText } from "./find-command.ts";

const SEVERITY_OUTPUTS = ["none", "number", "string"] as const;

/** These commands; `help` lists what `all` yields. */
export function connectionCommands(all: () => readonly RuntimeCommand[]): RuntimeCommand[] {
  return [
    {
      words: ["help"],
      usage: "help [<command>]",
      help: undefined,
      level: "user",
      run: ({ args }) => tell(helpText(all(), args)),
    },
    {
      words: ["prompt"],
      usage: "prompt",
      help: undefined,
      level: "user",
      run: ({ connection }) =>
        done([{ kind: "connection", change: { isInteractive: !connection.isInteractive } }]),
    },
    {
      words: ["quit"],
      usage: "quit",
      help: undefined,
      level: "user",
      run: () => done([{ kind: "quit" }]),
    },
    lowering("user", "lower the level of the current CLI session to user"),
    lowering("operator", "lower the level of the current CLI session to operator"),
    {
      words: ["show", "cli", "level"],
      usage: "show cli level",
      help: "display the level of the current CLI session",
      level: "user",
      run: ({ level }) => tell(level),
    },
    {
      words: ["set", "severity-output"],
      usage: "set severity-output [none|number|string]",
      help: "put the severity before messages",
      level: "user",
      run: setSeverityOutput,
    },
    mode("experimental", "isExperimental"),
    mode("expert", "isExpert"),
  ];
}

function lowering(level: AccessLevel, help: string): RuntimeCommand {
  return {
    words: [level],
    usage: level,
    help,
    level: "user",
    run: (call) =>
      isAllowed(call.level, level) ? done([{ kind: "connection", change: { level } }]) : DENIED,
  };
}

function setSeverityOutput({ args }: CommandCall): Answer {
  const severityOutput = SEVERITY_OUTPUTS.find((known) => known === args[0]);
  return severityOutput === undefined
    ? refuse("one of 'none', 'number', 'string' is a required argument")
    : done([{ kind: "connection", change: { severityOutput } }]);
}

/** `experimental-mode on` and `expert-mode on`; anything else but nothing switches off. */
function mode(
  name: "experimental" | "expert",
  setting: "isExperimental" | "isExpert",
): RuntimeCommand {
  const words = [`${name}-mode`];
  return {
    words,
    usage: `${name}-mode [on|off]`,
    help: undefined,
    level: "admin",
    run: ({ args, connection }) => {
      if (args[0] === undefined)
        return tell(`${words[0]} is ${connection[setting] ? "ON" : "OFF"}`);
      return done([{ kind: "connection", change: { [setting]: args[0] === "on" } }]);
    },
  };
}
