// setenv <name> <value>, presetenv <name> <value>, unsetenv [<name> ...], resetenv [<name> ...]
import type { GlobalDraft } from "../draft.ts";
import { served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";

function parseSet(line: Line, draft: GlobalDraft, keyword: "setenv" | "presetenv"): void {
  const [name, value] = line.words.slice(1);
  if (name === undefined || value === undefined || line.words.length > 3) {
    line.alert(`'${keyword}' expects a name and a value.`, { word: 0 });
    return;
  }
  if (keyword === "setenv" || !draft.environment.has(name)) draft.environment.set(name, value);
}

function parseUnset(line: Line, draft: GlobalDraft): void {
  if (line.atEnd) line.alert("'unsetenv' expects at least one name.", { word: 0 });
  for (const name of line.takeRest()) draft.environment.delete(name);
}

function parseReset(line: Line, draft: GlobalDraft): void {
  const kept = new Set(line.takeRest());
  for (const name of [...draft.environment.keys()]) {
    if (!kept.has(name)) draft.environment.delete(name);
  }
}

/** The environment of the lines that follow, and of programs that are started. */
export const ENVIRONMENT_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  served({
    name: "setenv",
    sections: ["global"],
    grammar: "<name> <value>",
    summary: "Sets an environment variable.",
    parse: (line, draft) => {
      parseSet(line, draft, "setenv");
    },
  }),
  served({
    name: "presetenv",
    sections: ["global"],
    grammar: "<name> <value>",
    summary: "Sets an environment variable that is not set.",
    parse: (line, draft) => {
      parseSet(line, draft, "presetenv");
    },
  }),
  served({
    name: "unsetenv",
    sections: ["global"],
    grammar: "<name> ...",
    summary: "Removes environment variables.",
    parse: parseUnset,
  }),
  served({
    name: "resetenv",
    sections: ["global"],
    grammar: "[<name> ...]",
    summary: "Removes all environment variables but these.",
    parse: parseReset,
  }),
];
