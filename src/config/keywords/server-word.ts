// What a word of a `server` line is, and the usual ways to read its argument.
import type { Line } from "../line.ts";
import type { ServerDraft } from "../server-draft.ts";
import { parseNatural, parseTime } from "../values.ts";

/** Reports a problem of the word being read; the server's name is put before it. */
export type Fail = (message: string) => void;

/** One word: its argument in manual notation, one line about it, and how it is read. */
export interface ServerWord {
  readonly grammar: string;
  readonly summary: string;
  readonly default?: string;
  readonly status?: "ignored" | "refused";
  readonly ours?: true;
  readonly read: (line: Line, server: ServerDraft, fail: Fail) => void;
}

/** A word and its meaning. */
export type ServerWordEntry = readonly [string, ServerWord];

/** A word without argument. */
export function flagWord(
  name: string,
  summary: string,
  set: (server: ServerDraft) => void,
): ServerWordEntry {
  const read = (_line: Line, server: ServerDraft): void => {
    set(server);
  };
  return [name, { grammar: "", summary, read }];
}

/** A word with one argument, as text. */
export function textWord(
  name: string,
  grammar: string,
  summary: string,
  set: (server: ServerDraft, value: string, fail: Fail) => void,
): ServerWordEntry {
  const read = (line: Line, server: ServerDraft, fail: Fail): void => {
    const value = line.take();
    if (value === undefined || value === "") fail(`'${name}' expects an argument`);
    else set(server, value, fail);
  };
  return [name, { grammar, summary, read }];
}

/** A word with a delay; `min` 1 refuses zero. */
export function timeWord(
  name: string,
  summary: string,
  set: (server: ServerDraft, valueMs: number) => void,
  options: { readonly min?: number; readonly unit?: "ms" | "s"; readonly default?: string } = {},
): ServerWordEntry {
  const read = (line: Line, server: ServerDraft, fail: Fail): void => {
    const word = line.take();
    if (word === undefined || word === "") {
      fail(`'${name}' expects a delay as argument.`);
      return;
    }
    const value = parseTime(word, options.unit);
    if (!value.ok) {
      fail(
        value.kind === "character"
          ? `unexpected character '${value.character}' in '${name}' argument of ` +
              `server ${server.name}.`
          : `timer ${value.kind} in argument <${word}> to <${name}> of server ${server.name}.`,
      );
    } else if (value.value < (options.min ?? 0)) {
      fail(`invalid value ${value.value} for argument '${name}' of server ${server.name}.`);
    } else set(server, value.value);
  };
  const fallback = options.default === undefined ? {} : { default: options.default };
  return [name, { grammar: "<delay>", summary, read, ...fallback }];
}

/** A word with a whole number. */
export function naturalWord(
  name: string,
  summary: string,
  set: (server: ServerDraft, value: number, fail: Fail) => void,
  options: { readonly min?: number; readonly default?: string } = {},
): ServerWordEntry {
  const read = (line: Line, server: ServerDraft, fail: Fail): void => {
    const word = line.take();
    const value = parseNatural(word);
    if (value === undefined) fail(`'${name}' expects an integer argument (got '${word ?? ""}').`);
    else if (value < (options.min ?? 0)) fail(`'${name}' has to be > 0.`);
    else set(server, value, fail);
  };
  const fallback = options.default === undefined ? {} : { default: options.default };
  return [name, { grammar: "<number>", summary, read, ...fallback }];
}

/** A word that is accepted and changes nothing. */
export function ignoredServerWord(
  name: string,
  hasArgument: boolean,
  summary: string,
): ServerWordEntry {
  const read = (line: Line): void => {
    if (hasArgument) line.take();
  };
  return [name, { grammar: hasArgument ? "<arg>" : "", summary, status: "ignored", read }];
}

/** A word that HAProxy has and Tandem does not serve. */
export function refusedServerWord(
  name: string,
  hasArgument: boolean,
  hint: string,
): ServerWordEntry {
  const read = (line: Line, _server: ServerDraft, fail: Fail): void => {
    if (hasArgument) line.take();
    fail(`'${name}' is not served by Tandem: ${hint}`);
  };
  return [name, { grammar: hasArgument ? "<arg>" : "", summary: hint, status: "refused", read }];
}
