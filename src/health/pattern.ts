// Patterns of `expect` rules. They match bytes given as latin1 text, one character a byte.

/**
 * Compiles a pattern as PCRE users write it; leading option groups such as `(?i)` are understood.
 * `undefined` when it is not a regular expression here.
 */
export function compilePattern(pattern: string): RegExp | undefined {
  const options = /^\(\?([ims]+)\)/.exec(pattern);
  const source = options === null ? pattern : pattern.slice(options[0].length);
  const flags = [...new Set(options?.[1] ?? "")].join("");
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

/** Inclusive ranges of status codes. */
export type StatusRanges = readonly (readonly [number, number])[];

/** Reads `200-399,404`; `undefined` when it is anything else. */
export function parseStatusRanges(text: string): StatusRanges | undefined {
  const ranges: (readonly [number, number])[] = [];
  for (const part of text.split(",")) {
    const found = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(part);
    if (found === null) return undefined;
    const low = Number(found[1]);
    ranges.push([low, found[2] === undefined ? low : Number(found[2])]);
  }
  return ranges;
}

/** What `expect hdr|fhdr` asks of a header: a name and, when given, a value, each by a method. */
export interface HeaderPattern {
  matchesName(name: string): boolean;
  /** Absent: the header only has to be there. */
  readonly matchesValue?: (value: string) => boolean;
}

/**
 * Reads `name [ -m <method> ] <name> [ value [ -m <method> ] <value> ]`, the words joined by single
 * spaces; the value is everything that is left. `undefined` when it cannot be read.
 */
export function parseHeaderPattern(text: string): HeaderPattern | undefined {
  const found = /^name (?:-m (\w+) )?(\S+)(?: value (?:-m (\w+) )?(.*))?$/s.exec(text);
  if (found === null) return undefined;
  const matchesName = methodOf(found[1] ?? "str", found[2]!.toLowerCase());
  if (matchesName === undefined) return undefined;
  const named = (name: string): boolean => matchesName(name.toLowerCase());
  if (found[4] === undefined) return { matchesName: named };
  const matchesValue = methodOf(found[3] ?? "str", found[4]);
  return matchesValue === undefined ? undefined : { matchesName: named, matchesValue };
}

function methodOf(method: string, wanted: string): ((text: string) => boolean) | undefined {
  switch (method) {
    case "str":
      return (text) => text === wanted;
    case "beg":
      return (text) => text.startsWith(wanted);
    case "end":
      return (text) => text.endsWith(wanted);
    case "sub":
      return (text) => text.includes(wanted);
    case "reg": {
      const expression = compilePattern(wanted);
      return expression === undefined ? undefined : (text) => expression.test(text);
    }
    default:
      return undefined;
  }
}
