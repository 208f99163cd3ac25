// What a command declares to yargs, as values: for its manual page, completion and "did you mean".
import type { Argv, Options } from "yargs";
import type { CommandEntry } from "./command-entry.ts";

/** An option or a positional argument. */
export interface DeclaredOption {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly describe: string;
  readonly takesValue: boolean;
  readonly isRepeatable: boolean;
  readonly choices: readonly string[];
  /** `undefined`: none that is worth a word. */
  readonly default: string | undefined;
}

/** All that an entry declares, in its order. */
export interface Declared {
  readonly options: readonly DeclaredOption[];
  readonly positionals: readonly DeclaredOption[];
  /** Commands with `$0` for the program's name, and what they do. */
  readonly examples: readonly (readonly [command: string, text: string])[];
}

/** Runs an entry's declarations against a parser that only listens. */
export function declaredOf({ options }: Pick<CommandEntry, "options">): Declared {
  const listener = new Listener();
  options(listener as unknown as Argv);
  return listener;
}

/** The methods of yargs that declare something; those that only restrict do nothing. */
class Listener implements Declared {
  readonly options: DeclaredOption[] = [];
  readonly positionals: DeclaredOption[] = [];
  readonly examples: (readonly [string, string])[] = [];

  option(name: string, spec: Options): this {
    this.options.push(declared(name, spec));
    return this;
  }

  positional(name: string, spec: Options): this {
    this.positionals.push(declared(name, spec));
    return this;
  }

  example(command: string, text: string): this {
    this.examples.push([command, text]);
    return this;
  }

  demandOption(): this {
    return this;
  }

  epilogue(): this {
    return this;
  }
}

function declared(name: string, spec: Options): DeclaredOption {
  const { alias, describe, type, array, choices } = spec;
  const value = spec.default as unknown;
  const aliases = alias === undefined ? [] : typeof alias === "string" ? [alias] : [...alias];
  const isSaid = typeof value === "string" || typeof value === "number";
  return {
    name,
    aliases,
    describe: typeof describe === "string" ? describe : "",
    takesValue: type !== "boolean",
    isRepeatable: array === true,
    choices: (choices ?? []).map(String),
    default: isSaid ? String(value) : undefined,
  };
}

/** Every spelling of an option, as `--control-dir` and `-k`. */
export function spellings({ name, aliases }: DeclaredOption): string[] {
  return [...aliases, name].map((word) => (word.length === 1 ? `-${word}` : `--${word}`));
}
