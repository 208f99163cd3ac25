// Arguments in parentheses: separated by commas, with quotes and escapes of their own (§2.2).

/** The arguments and the index after `)`, or the arguments read when the text ended. */
export interface PredicateArguments {
  readonly kind: "closed" | "unclosed";
  readonly args: readonly string[];
  readonly next: number;
}

/** Splits the arguments that start at `at`, just after `(`. */
export function splitArguments(text: string, at: number): PredicateArguments {
  const args: string[] = [];
  let current = "";
  let quote = "";
  for (let index = at; index < text.length; index++) {
    const character = text[index]!;
    if (character === "\\" && quote !== "'" && index + 1 < text.length) {
      index++;
      current += text[index]!;
    } else if (quote !== "") {
      if (character === quote) quote = "";
      else current += character;
    } else if (character === '"' || character === "'") quote = character;
    else if (character === "," || character === ")") {
      args.push(current);
      current = "";
      if (character === ")") return { kind: "closed", args, next: index + 1 };
    } else current += character;
  }
  return { kind: "unclosed", args: [...args, current], next: text.length };
}
