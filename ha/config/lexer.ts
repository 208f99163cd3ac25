// Words of a line: quotes, comments, braces (keepalived.conf(5), "Quoted strings").

/** One word of a line. */
export interface Token {
  /** Quotes removed; escapes inside are kept as written, only command lines read them. */
  readonly text: string;
  /** 1-based. */
  readonly column: number;
  /** Braces are blocks only outside quotes. */
  readonly isBrace: boolean;
}

/** The words of a line, or what is wrong with its quotes. */
export interface LexedLine {
  readonly tokens: readonly Token[];
  /** Where a quote starts that nothing ends, 0-based. */
  readonly openQuoteAt: number | undefined;
}

const BLANK = /\s/;

/** The index of the quote that ends the one at `start`, or -1. A backslash hides the next one. */
function quoteEnd(text: string, start: number): number {
  const quote = text[start];
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === quote) return i;
  }
  return -1;
}

/** A line without its comment: `#` and `!` start one anywhere outside quotes. */
export function withoutComment(line: string): string {
  if (!/[#!]/.test(line)) return line;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (char === "#" || char === "!") return line.slice(0, i);
    if (char !== '"' && char !== "'") continue;
    const end = quoteEnd(line, i);
    if (end < 0) return line;
    i = end;
  }
  return line;
}

/** Splits a line into words; braces outside quotes are words of their own. */
export function lexLine(line: string): LexedLine {
  const tokens: Token[] = [];
  let word = "";
  let start = -1;
  let openQuoteAt: number | undefined;
  const end = (): void => {
    if (start >= 0) tokens.push({ text: word, column: start + 1, isBrace: false });
    word = "";
    start = -1;
  };
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (BLANK.test(char)) end();
    else if (char === "#" || char === "!") break;
    else if (char === "{" || char === "}") {
      end();
      tokens.push({ text: char, column: i + 1, isBrace: true });
    } else {
      if (start < 0) start = i;
      if (char !== '"' && char !== "'") {
        word += char;
        continue;
      }
      const close = quoteEnd(line, i);
      if (close < 0) openQuoteAt = i;
      word += line.slice(i + 1, close < 0 ? line.length : close);
      i = close < 0 ? line.length : close;
    }
  }
  end();
  return { tokens, openQuoteAt };
}
