// A small reader of configuration lines for the tests of the rules language.

/** The words of a line: blanks separate, quotes and backslashes protect. */
export function words(line: string): string[] {
  const result: string[] = [];
  let word = "";
  let isOpen = false;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === quote) quote = "";
    else if (quote === "" && (char === "'" || char === '"')) {
      quote = char;
      isOpen = true;
    } else if (char === "\\" && quote !== "'") {
      at += 1;
      word += unescape(line.slice(at));
      if (line[at] === "x") at += 2;
      isOpen = true;
    } else if (quote === "" && (char === " " || char === "\t")) {
      if (isOpen) result.push(word);
      word = "";
      isOpen = false;
    } else {
      word += char;
      isOpen = true;
    }
  }
  if (isOpen) result.push(word);
  return result;
}

function unescape(rest: string): string {
  const char = rest[0] ?? "";
  if (char === "x") return String.fromCharCode(parseInt(rest.slice(1, 3), 16));
  return { n: "\n", r: "\r", t: "\t" }[char] ?? char;
}
