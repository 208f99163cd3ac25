// Options as getopt_long(3) reads them: letters may stand together, values may be attached, long
// names may be cut as long as they stay unambiguous, and other words may stand anywhere.

/** One option of a command. */
export interface OptionSpec {
  /** The letter behind one dash. */
  readonly letter?: string;
  /** The name behind two dashes. */
  readonly name: string;
  /** `optional` values must be attached: `-tFILE`, `--config-test=FILE`. */
  readonly value: "none" | "required" | "optional";
}

/** One option that was found, in order. */
export interface FoundOption {
  readonly name: string;
  readonly value?: string;
}

/** What the words say. */
export type ReadOptionsResult =
  | {
      readonly ok: true;
      readonly options: readonly FoundOption[];
      readonly others: readonly string[];
    }
  | {
      readonly ok: false;
      readonly kind: "unknown" | "missing-value";
      /** As the user wrote it, with its dashes. */
      readonly option: string;
    };

type Step =
  | { readonly found: readonly FoundOption[]; readonly used: number }
  | { readonly kind: "unknown" | "missing-value"; readonly option: string };

/** Reads words by these specs; stops at the first word that is not understood. */
export function readOptions(
  words: readonly string[],
  specs: readonly OptionSpec[],
): ReadOptionsResult {
  const options: FoundOption[] = [];
  const others: string[] = [];
  for (let index = 0; index < words.length;) {
    const word = words[index]!;
    if (word === "--") {
      others.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      others.push(word);
      index++;
      continue;
    }
    const next = words[index + 1];
    const step = word.startsWith("--")
      ? readLong(word, next, specs)
      : readLetters(word, next, specs);
    if ("kind" in step) return { ok: false, ...step };
    options.push(...step.found);
    index += step.used;
  }
  return { ok: true, options, others };
}

function readLong(word: string, next: string | undefined, specs: readonly OptionSpec[]): Step {
  const equals = word.indexOf("=");
  const given = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const attached = equals < 0 ? undefined : word.slice(equals + 1);
  const exact = specs.filter(({ name }) => name === given);
  const [spec, ...more] =
    exact.length > 0 ? exact : specs.filter(({ name }) => name.startsWith(given));
  if (spec === undefined || more.length > 0 || (spec.value === "none" && attached !== undefined)) {
    return { kind: "unknown", option: word };
  }
  return take(spec, attached, next, `--${given}`);
}

function readLetters(word: string, next: string | undefined, specs: readonly OptionSpec[]): Step {
  const found: FoundOption[] = [];
  for (let at = 1; at < word.length; at++) {
    const letter = word[at]!;
    const spec = specs.find((candidate) => candidate.letter === letter);
    if (spec === undefined) return { kind: "unknown", option: `-${letter}` };
    if (spec.value === "none") {
      found.push({ name: spec.name });
      continue;
    }
    const rest = word.slice(at + 1);
    const step = take(spec, rest === "" ? undefined : rest, next, `-${letter}`);
    return "kind" in step ? step : { found: [...found, ...step.found], used: step.used };
  }
  return { found, used: 1 };
}

function take(
  spec: OptionSpec,
  attached: string | undefined,
  next: string | undefined,
  option: string,
): Step {
  if (attached !== undefined) return { found: [{ name: spec.name, value: attached }], used: 1 };
  if (spec.value !== "required") return { found: [{ name: spec.name }], used: 1 };
  if (next === undefined) return { kind: "missing-value", option };
  return { found: [{ name: spec.name, value: next }], used: 2 };
}
