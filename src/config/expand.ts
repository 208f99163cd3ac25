// Environment variables inside double quotes (haproxy configuration §2.3): `$NAME`, `${NAME}`,
// `${NAME-default}` and, spread over several words, `${NAME[*]}`.

/** Looks a variable up; `undefined` when it is not set. */
export type VariableLookup = (name: string) => string | undefined;

/** One expansion: its text and where reading goes on, or what is wrong and where (0-based). */
export type Expansion =
  | { readonly ok: true; readonly text: string; readonly spread: boolean; readonly next: number }
  | { readonly ok: false; readonly message: string; readonly at: number };

const NAME_START = /[A-Za-z_.]/;
const NAME_CHARACTER = /[A-Za-z0-9_.]/;

/** Expands the variable whose `$` stands at `at`. */
export function expandVariable(line: string, at: number, lookup: VariableLookup): Expansion {
  const braced = line[at + 1] === "{";
  const start = braced ? at + 2 : at + 1;
  if (!NAME_START.test(line[start] ?? "")) {
    return { ok: false, message: "forbidden first char in environment variable name", at: start };
  }
  let end = start;
  while (NAME_CHARACTER.test(line[end] ?? "")) end++;
  const value = lookup(line.slice(start, end));
  if (!braced) return { ok: true, text: value ?? "", spread: false, next: end };
  return expandBraced(line, { start: at + 1, end }, value);
}

/** Reads what follows the name within braces: nothing, `[*]`, or `-default`. */
function expandBraced(
  line: string,
  name: { readonly start: number; readonly end: number },
  value: string | undefined,
): Expansion {
  let at = name.end;
  let fallback = "";
  const spread = line.startsWith("[*]", at);
  if (spread) at += 3;
  if (line[at] === "-") {
    const close = line.indexOf("}", at);
    if (close >= 0) {
      fallback = line.slice(at + 1, close);
      at = close;
    }
  }
  if (line[at] !== "}") {
    const message = "unmatched brace in environment variable name";
    return { ok: false, message, at: name.start };
  }
  return { ok: true, text: value ?? fallback, spread, next: at + 1 };
}
