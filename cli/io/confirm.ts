// Asks a person before something is done that cannot be undone.
import { createInterface } from "node:readline/promises";
import { CommandFailure } from "../operator/command-failure.ts";

/** Resolves when it may be done: `isGiven` says that `--yes` was. Throws a CommandFailure otherwise. */
export async function confirm(question: string, isGiven: boolean): Promise<void> {
  if (isGiven) return;
  if (!process.stdin.isTTY) {
    throw new CommandFailure(`${question} Nobody can be asked here: give --yes`);
  }
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await dialogue.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailure("nothing was done");
  } finally {
    dialogue.close();
  }
}
