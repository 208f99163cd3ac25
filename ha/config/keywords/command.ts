// Keywords whose value is a command line: `notify_master "/bin/x 'one argument'" USER GROUP`.
import type { Statement } from "../blocks.ts";
import { splitCommand } from "../command-words.ts";
import type { Context } from "../context.ts";
import type { CommandDraft, NotifyDraft } from "../draft.ts";
import { served, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";

/** How commands look in the reference page. */
export const COMMAND_FORM = `PROGRAM | "PROGRAM ARGUMENTS" [USER [GROUP]]`;

/** The command of a statement's second word; an empty or unfinished one is reported. */
export function readCommand(
  statement: Statement,
  context: Context,
  userAt = 2,
): CommandDraft | undefined {
  const { words, position } = statement;
  const command = splitCommand(words[1] ?? "");
  if (command === undefined || command.length === 0 || command[0] === "") {
    const found = command === undefined ? "a quote inside it is not closed" : "it is empty";
    context.error(`Invalid ${words[0]!} script: ${found}`, position);
    return undefined;
  }
  const user = words[userAt];
  if (user !== undefined && context.options.userExists?.(user) === false) {
    const text = `Unable to set uid/gid for script '${shown(command[0]!)}'`;
    context.note(text, position, `There is no user '${shown(user)}'; the script is not run.`);
    return undefined;
  }
  return { words: command, position, user, group: words[userAt + 1] };
}

/** The `notify_*` keywords. `prefix` begins the messages: `(V)` or `vrrp group G:`. */
export function notifyKeywords<
  Draft extends { readonly name: string; readonly notify: NotifyDraft },
>(prefix: (draft: Draft) => string, isInstance: boolean): readonly Keyword<Draft>[] {
  const one = (name: string, field: keyof NotifyDraft, summary: string): Keyword<Draft> =>
    served({
      name,
      form: COMMAND_FORM,
      summary,
      needs: 1,
      read: (statement, draft, context) => {
        if (draft.notify[field] !== undefined) {
          const found = `${prefix(draft)} ${name} script already specified - ignoring ${shown(statement.words[1]!)}`;
          context.error(found, statement.position);
          return;
        }
        const command = readCommand(statement, context);
        if (command !== undefined) draft.notify[field] = command;
      },
    });
  const rival = one(
    "notify_master_rx_lower_pri",
    "lowerPriorityAdvert",
    "Run when a master hears an advert of lower priority.",
  );
  return [
    one("notify_master", "master", "Run when it becomes master."),
    one("notify_backup", "backup", "Run when it becomes backup."),
    one("notify_fault", "fault", "Run when it becomes faulty."),
    one("notify_stop", "stop", "Run when the agent stops."),
    one("notify", "any", "Run at every change, with INSTANCE or GROUP, name, state, priority."),
    ...(isInstance ? [rival] : []),
  ];
}
