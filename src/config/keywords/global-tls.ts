// TLS defaults of `global` (haproxy configuration §3.1).
import type { GlobalDraft, Mutable } from "../draft.ts";
import { ignored, served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { SslDefaults, TlsSettings } from "../model/tls.ts";
import { takeVersionWord } from "./tls.ts";

function defaults(draft: GlobalDraft, change: Partial<Mutable<SslDefaults>>): void {
  draft.section.sslDefaults = { ...draft.section.sslDefaults, ...change };
}

/** ssl-default-{ bind | server }-options [<option>]... */
function parseOptions(line: Line, draft: GlobalDraft, side: "bind" | "server"): void {
  const statement = `ssl-default-${side}-options`;
  const settings: Mutable<TlsSettings> = { ...draft.section.sslDefaults[side] };
  const context = ` on global statement '${statement}'`;
  if (line.atEnd) line.alert(`global statement '${statement}' expects an option as argument.`);
  for (let word = line.take(); word !== undefined; word = line.take()) {
    if (takeVersionWord(line, word, settings, context)) continue;
    if (word === "prefer-client-ciphers" || word === "no-ca-names" || word === "strict-sni")
      continue;
    line.alert(`unknown option '${word}'${context}.`);
  }
  defaults(draft, { [side]: settings });
}

function textKeyword(
  name: string,
  summary: string,
  change: (value: string, old: SslDefaults) => Partial<Mutable<SslDefaults>>,
): Keyword<GlobalDraft> {
  return served({
    name,
    sections: ["global"],
    grammar: "<value>",
    summary,
    parse: (line, draft) => {
      const value = line.takeWord(`global statement '${name}' expects an argument.`);
      if (value === undefined || !line.expectEnd(name)) return;
      defaults(draft, change(value, draft.section.sslDefaults));
    },
  });
}

function sideKeywords(side: "bind" | "server"): readonly Keyword<GlobalDraft>[] {
  const what = side === "bind" ? "listeners" : "servers";
  const name = (ending: string): string => `ssl-default-${side}-${ending}`;
  return [
    textKeyword(name("ciphers"), `Ciphers of ${what} up to TLS 1.2.`, (ciphers, old) => ({
      [side]: { ...old[side], ciphers },
    })),
    textKeyword(name("ciphersuites"), `TLS 1.3 suites of ${what}.`, (ciphersuites, old) => ({
      [side]: { ...old[side], ciphersuites },
    })),
    textKeyword(name("curves"), `Elliptic curves of ${what}.`, (curves, old) => ({
      [side]: { ...old[side], curves },
    })),
    served({
      name: name("options"),
      sections: ["global"],
      grammar: "[<option>]...",
      summary: `Versions and tickets of ${what}.`,
      parse: (line, draft) => {
        parseOptions(line, draft, side);
      },
    }),
  ];
}

/** All of them. */
export const GLOBAL_TLS_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  textKeyword("ca-base", "Where relative CA files are.", (caBase) => ({ caBase })),
  textKeyword("crt-base", "Where relative certificates are.", (crtBase) => ({ crtBase })),
  textKeyword("ssl-dh-param-file", "Diffie-Hellman parameters.", (dhParamFile) => ({
    dhParamFile,
  })),
  ...sideKeywords("bind"),
  ...sideKeywords("server"),
  served({
    name: "ssl-server-verify",
    sections: ["global"],
    grammar: "{ none | required }",
    summary: "Whether servers' certificates are verified where the line does not say.",
    default: "required",
    parse: (line, draft) => {
      const value = line.take() ?? "";
      if (value === "none" || value === "required") defaults(draft, { serverVerify: value });
      else line.alert("'ssl-server-verify' expects 'none' or 'required' as argument.");
    },
  }),
  ...ignored<GlobalDraft>(["global"], "Has no effect.", [
    "issuers-chain-path",
    "maxsslconn",
    "maxsslrate",
    "ssl-default-bind-sigalgs",
    "ssl-default-bind-client-sigalgs",
    "ssl-engine",
    "ssl-load-extra-del-ext",
    "ssl-load-extra-files",
    "ssl-mode-async",
    "ssl-propquery",
    "ssl-provider",
    "ssl-provider-path",
    "ssl-security-level",
    "ssl-skip-self-issued-ca",
  ]),
];
