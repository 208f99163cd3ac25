// The words of a command line inside one configuration word: `"/bin/x 'one argument' two"`.

const NAMED: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/**
 * Splits at blanks outside quotes and reads escapes (keepalived.conf(5), "Quoted strings").
 * `undefined` when a quote is not closed.
 */
export function splitCommand(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === "\\" && i + 1 < text.length) {
      const escape = readEscape(text, i + 1);
      word = (word ?? "") + escape.value;
      i = escape.last;
    } else if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else word = (word ?? "") + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (word !== undefined) words.push(word);
  return quote === undefined ? words : undefined;
}

/** The character that an escape stands for, and the index of the escape's last character. */
function readEscape(text: string, at: number): { value: string; last: number } {
  const rest = text.slice(at, at + 4);
  const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
  if (octal !== undefined) {
    return { value: String.fromCharCode(parseInt(octal, 8) & 0xff), last: at + octal.length - 1 };
  }
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest)?.[1];
  if (hex !== undefined) {
    return { value: String.fromCharCode(parseInt(hex, 16)), last: at + hex.length };
  }
  const control = /^c([@-_a-z])/.exec(rest)?.[1];
  if (control !== undefined) {
    return { value: String.fromCharCode(control.charCodeAt(0) & 0x1f), last: at + 1 };
  }
  const char = text[at]!;
  return { value: NAMED[char] ?? char, last: at };
}
