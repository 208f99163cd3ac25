// balance, hash-type, hash-balance-factor   (haproxy configuration §4.2)
import { parseSampleExpression } from "../../rules/parse-sample.ts";
import type { ProxyDraft } from "../draft.ts";
import { BACKEND_SIDE, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { HashType } from "../model/proxy.ts";

const PLAIN = ["roundrobin", "static-rr", "leastconn", "first", "source"] as const;
const HTTP_ONLY = /^(uri|url_param|hdr\(.*|rdp-cookie.*)$/;
const FUNCTIONS = ["sdbm", "djb2", "wt6", "crc32"] as const;
const RANDOM_DRAWS_DEFAULT = 2;

function parseBalance(line: Line, draft: ProxyDraft): void {
  const word = line.take() ?? "roundrobin";
  const plain = PLAIN.find((name) => name === word);
  if (plain !== undefined) draft.balance = { algorithm: plain };
  else if (word === "random" || word.startsWith("random(")) parseRandom(line, draft, word);
  else if (word === "hash") parseHash(line, draft);
  else if (HTTP_ONLY.test(word)) {
    line.alert(`'balance ${word}' is not served by Tandem: it needs HTTP or RDP.`, {
      hint: "Use 'balance source', 'balance leastconn' or 'balance hash <expression>'.",
    });
    line.takeRest();
  } else {
    const near = line.didYouMean(word, [...PLAIN, "random", "hash"]);
    line.alert(
      "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source', 'uri', " +
        `'url_param', 'hdr(name)' and 'rdp-cookie(name)' options${near === "" ? "." : near}`,
    );
    return;
  }
  line.expectEnd("balance");
}

function parseRandom(line: Line, draft: ProxyDraft, word: string): void {
  const argument = word === "random" ? String(RANDOM_DRAWS_DEFAULT) : word.slice(7, -1);
  const draws = /^\d{1,6}$/.test(argument) ? Number(argument) : 0;
  if (draws > 0 && (word === "random" || word.endsWith(")"))) {
    draft.balance = { algorithm: "random", draws };
    return;
  }
  const bad = /[^\d]/.exec(argument)?.[0];
  line.alert(
    bad === undefined
      ? "balance random : expects a number of draws above zero."
      : `balance random : unexpected character '${bad}' after argument.`,
  );
}

function parseHash(line: Line, draft: ProxyDraft): void {
  if (line.atEnd) {
    line.alert("balance hash requires a sample expression.");
    return;
  }
  const result = parseSampleExpression(line.words, line.index);
  if (result.ok) {
    draft.balance = { algorithm: "hash", key: result.value };
    line.seek(result.next);
    return;
  }
  line.alert(`balance hash: failed to parse sample expression: ${result.message}.`, {
    ...(result.hint === undefined ? {} : { hint: result.hint }),
    ...(result.word === undefined ? {} : { word: result.word }),
  });
  line.takeRest();
}

function parseHashType(line: Line, draft: ProxyDraft): void {
  const method = line.take();
  if (method !== "consistent" && method !== "map-based") {
    const old = method === "avalanche" ? " Write 'map-based sdbm avalanche'." : "";
    line.alert(`'hash-type' only supports 'consistent' and 'map-based'.${old}`);
    return;
  }
  const functionWord = line.take();
  if (functionWord === undefined) {
    // Without a function, consistent hashing scrambles its sdbm (reference §3).
    draft.hashType = { method, function: "sdbm", avalanche: method === "consistent" };
    return;
  }
  const hashFunction: HashType["function"] | undefined = FUNCTIONS.find((f) => f === functionWord);
  if (hashFunction === undefined) {
    line.alert("'hash-type' only supports 'sdbm', 'djb2', 'crc32', or 'wt6' hash functions.");
    return;
  }
  const modifier = line.take();
  if (modifier !== undefined && modifier !== "avalanche") {
    line.alert("'hash-type' only supports 'avalanche' as a modifier for hash functions.");
    return;
  }
  draft.hashType = { method, function: hashFunction, avalanche: modifier !== undefined };
  line.expectEnd("hash-type");
}

/** `balance` and what belongs to it. */
export const BALANCE_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  served({
    name: "balance",
    sections: BACKEND_SIDE,
    grammar:
      "{ roundrobin | static-rr | leastconn | first | source | random[(<draws>)] | " +
      "hash <expression> }",
    summary: "How a server is chosen for a connection that no rule or stick table decides.",
    default: "roundrobin",
    parse: parseBalance,
  }),
  served({
    name: "hash-type",
    sections: BACKEND_SIDE,
    grammar: "{ map-based | consistent } [{ sdbm | djb2 | wt6 | crc32 } [avalanche]]",
    summary: "How `source` and `hash` map a key to a server.",
    default: "map-based sdbm",
    parse: parseHashType,
  }),
  served({
    name: "hash-balance-factor",
    sections: BACKEND_SIDE,
    grammar: "<factor>",
    summary: "Bounds a server's load in percent of the average, with consistent hashing.",
    default: "0",
    parse: (line, draft) => {
      const message = "'hash-balance-factor' must be 0 or greater than 100.";
      const factor = line.takeNatural(message);
      if (factor === undefined) return;
      if (factor === 0 || factor > 100) draft.hashBalanceFactor = factor;
      else line.alert(message);
      line.expectEnd("hash-balance-factor");
    },
  }),
];
