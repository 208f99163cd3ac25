// `$NAME=value`, `$NAME`, `${NAME}` and the built-in names (keepalived.conf(5), "Parameter
// substitution"). Substitution is lazy: a value is put in as it is when it is used.

/** What the built-in names need to know. */
export interface BuiltinFacts {
  /** `-i`, else the host's short name. */
  readonly configId: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** One variable of a line, with what stands in for it. */
export interface Substitution {
  readonly start: number;
  readonly end: number;
  /** One line, or several for a definition of several lines. */
  readonly lines: readonly string[];
}

const DEFINITION = /^\$([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;
const USE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(\s[^{}]*)?\}|\$([A-Za-z_][A-Za-z0-9_]*)(?=\s|$)/g;
/** Of `_RANDOM` without arguments. */
const RANDOM_DEFAULT_MAX = 32_767;

/** A line that defines a name; `undefined` for other lines. */
export function parseDefinition(line: string): { name: string; value: string } | undefined {
  const match = DEFINITION.exec(line);
  return match === null ? undefined : { name: match[1]!, value: match[2]! };
}

/** The names that are defined at a point of a file. */
export class Definitions {
  readonly #values = new Map<string, readonly string[]>();
  readonly #facts: BuiltinFacts;
  /** State of the generator behind `_RANDOM`: the same file and id give the same numbers. */
  #random: number;

  constructor(facts: BuiltinFacts) {
    this.#facts = facts;
    this.#random = hash(facts.configId);
  }

  /** Defines a name anew. */
  set(name: string, lines: readonly string[]): void {
    this.#values.set(name, lines);
  }

  /** `random_seed` in `global_defs`. */
  seed(value: number): void {
    this.#random = value >>> 0;
  }

  /** The first variable of a line that has a value. `folder` is that of the file, for `_PWD`. */
  find(line: string, folder: string): Substitution | undefined {
    if (!line.includes("$")) return undefined;
    for (const match of line.matchAll(USE)) {
      const name = match[1] ?? match[3] ?? "";
      const lines = match[2] === undefined ? this.#values.get(name) : undefined;
      const value = lines ?? this.#builtin(name, (match[2] ?? "").trim(), folder);
      if (value === undefined) continue;
      return { start: match.index, end: match.index + match[0].length, lines: value };
    }
    return undefined;
  }

  #builtin(name: string, argument: string, folder: string): readonly string[] | undefined {
    if (name === "_RANDOM") return this.#roll(argument);
    if (name === "_ENV") {
      const value = this.#facts.environment[argument];
      return value === undefined ? undefined : [value.replace(/[\r\n]/g, " ")];
    }
    if (argument !== "") return undefined;
    if (name === "_PWD") return [folder];
    if (name === "_INSTANCE") return [this.#facts.configId];
    if (name === "_HASH") return ["#"];
    return name === "_BANG" ? ["!"] : undefined;
  }

  /** `${_RANDOM [MIN [MAX]]}`: an integer of [MIN, MAX]. */
  #roll(argument: string): readonly string[] | undefined {
    const match = /^(?:(\d{1,9})(?:\s+(\d{1,9}))?)?$/.exec(argument);
    if (match === null) return undefined;
    const least = Number(match[1] ?? 0);
    const most = match[2] === undefined ? Math.max(RANDOM_DEFAULT_MAX, least) : Number(match[2]);
    if (most < least) return undefined;
    // Numerical Recipes' constants; only the upper bits are good enough to be used.
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return [String(least + Math.floor((this.#random / 2 ** 32) * (most - least + 1)))];
  }
}

function hash(text: string): number {
  let value = 2_166_136_261;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 16_777_619) >>> 0;
  }
  return value;
}
