// ACLs and the rules that use them (haproxy configuration §4.2, §7).
import { parseAcl } from "../../rules/parse-condition.ts";
import { parseTcpRule } from "../../rules/parse-tcp-rule.ts";
import type { RuleSet } from "../../rules/parse-tcp-rule.ts";
import type { ProxyDraft } from "../draft.ts";
import {
  ANY_PROXY,
  BACKEND_NO_DEFAULTS,
  BACKEND_SIDE,
  FRONTEND_NO_DEFAULTS,
  FRONTEND_SIDE,
  served,
} from "../keyword.ts";
import type { Keyword, SectionKind } from "../keyword.ts";
import type { Line } from "../line.ts";
import type { TcpRule } from "../model/rules.ts";
import { checkAclNames, takeCondition, takeParsed } from "./condition.ts";
import { badNameCharacter } from "./server.ts";

/** acl <aclname> <criterion> [flags] [operator] <value> ... */
function parseAclLine(line: Line, draft: ProxyDraft): void {
  const name = line.peek();
  const bad = badNameCharacter(name ?? "");
  if (name === undefined) {
    line.alert("'acl' expects a name and a criterion.", { word: 0 });
  } else if (bad !== undefined) {
    line.alert(`character '${bad}' is not permitted in acl name '${name}'.`, { word: 1 });
  } else if (name === "or" || name === "||") {
    line.alert(`acl name '${name}' will never match. 'or' is used to express a disjunction.`);
  } else {
    const result = parseAcl(line.words, line.index, line.position(0));
    const acl = takeParsed(line, result, "");
    if (acl !== undefined) draft.acls.push(acl);
    else draft.brokenAcls.add(name);
  }
}

/** use_backend <backend> [{ if | unless } <condition>] */
function parseUseBackend(line: Line, draft: ProxyDraft): void {
  const backend = line.takeWord("'use_backend' expects a backend name.");
  if (backend === undefined) return;
  if (backend.includes("%[")) {
    line.alert(`'use_backend ${backend}' is not served by Tandem: the name has to be fixed.`, {
      hint: "Write one 'use_backend' line for each backend.",
    });
    return;
  }
  const prefix = "error detected while parsing switching rule : ";
  const condition = takeCondition(line, draft, prefix);
  if (condition === undefined) return;
  draft.useBackend.push({
    backend,
    position: line.position(0),
    ...(condition === "absent" ? {} : { condition }),
  });
}

/** use-server <server> { if | unless } <condition> */
function parseUseServer(line: Line, draft: ProxyDraft): void {
  const server = line.takeWord("'use-server' expects a server name.");
  if (server === undefined) return;
  if (line.peek() !== "if" && line.peek() !== "unless") {
    line.alert("'use-server' requires either 'if' or 'unless' followed by a condition.", {
      word: 0,
    });
    return;
  }
  const prefix = "error detected while parsing switching rule : ";
  const condition = takeCondition(line, draft, prefix);
  if (condition === undefined || condition === "absent") return;
  draft.useServer.push({ server, position: line.position(0), condition });
}

/** tcp-request { connection | session | content } <action> [{ if | unless } <condition>] */
function tcpRuleKeyword(
  name: string,
  ruleSet: RuleSet,
  sections: readonly SectionKind[],
  list: (draft: ProxyDraft) => TcpRule[],
): Keyword<ProxyDraft> {
  return served({
    name,
    sections,
    grammar: "<action> [{ if | unless } <condition>]",
    summary: `Rules for ${ruleSet === "response" ? "what servers answer" : `the ${ruleSet}`}.`,
    namedDefaults: true,
    strict: true,
    parse: (line, draft) => {
      const result = parseTcpRule(line.words, line.index, ruleSet, line.position(0));
      const rule = takeParsed(line, result, "");
      const prefix = `error detected in ${draft.kind} '${draft.name}' while parsing 'if' condition : `;
      if (rule !== undefined && checkAclNames(line, draft, rule.condition, prefix)) {
        list(draft).push(rule);
      }
    },
  });
}

function inspectDelay(which: "request" | "response"): Keyword<ProxyDraft> {
  const name = `tcp-${which} inspect-delay`;
  return served({
    name,
    sections: which === "request" ? ANY_PROXY : BACKEND_SIDE,
    grammar: "<timeout>",
    summary: "How long content rules may wait for bytes.",
    default: "0; rules and keys that need bytes then wait up to 5s for the first packet",
    parse: (line, draft) => {
      const where = `in ${draft.kind} '${draft.name}'`;
      const expected = `'${name}' expects a positive delay in milliseconds, ${where}`;
      const delay = line.takeTime(`'${name}'`, expected);
      if (delay === undefined || !line.expectEnd(name)) return;
      if (which === "request") draft.requestInspectDelayMs = delay;
      else draft.responseInspectDelayMs = delay;
    },
  });
}

/** tcp-request inspect-limit <size>: ours. */
const INSPECT_LIMIT: Keyword<ProxyDraft> = served({
  name: "tcp-request inspect-limit",
  sections: ANY_PROXY,
  grammar: "<size>",
  summary: "How many first bytes of a client may be held for rules and keys.",
  default: "256k",
  ours: true,
  parse: (line, draft) => {
    const expected = "'tcp-request inspect-limit' expects a size in bytes above zero.";
    const size = line.takeSize("'tcp-request inspect-limit'", expected);
    if (size === 0) line.alert(expected);
    else if (size !== undefined) draft.inspectBytesMax = size;
    line.expectEnd("tcp-request inspect-limit");
  },
});

function tcpFamily(name: "tcp-request" | "tcp-response", known: string): Keyword<ProxyDraft> {
  return served({
    name,
    family: true,
    sections: ANY_PROXY,
    grammar: "<what> ...",
    summary: "Rules on TCP content.",
    parse: (line, draft) => {
      const where = `in ${draft.kind} '${draft.name}'`;
      const word = line.peek();
      if (word === undefined) line.alert(`missing argument for '${name}' ${where}`, { word: 0 });
      else line.alert(`'${name}' expects ${known} ${where} (got '${word}')`, { word: 1 });
    },
  });
}

/** `acl`, `use_backend`, `use-server`, `tcp-request` and `tcp-response`. */
export const RULE_KEYWORDS: readonly Keyword<ProxyDraft>[] = [
  served({
    name: "acl",
    sections: ANY_PROXY,
    grammar: "<aclname> <criterion> [flags] [operator] <value> ...",
    summary: "Names a test.",
    namedDefaults: true,
    parse: parseAclLine,
  }),
  served({
    name: "use_backend",
    sections: FRONTEND_NO_DEFAULTS,
    grammar: "<backend> [{ if | unless } <condition>]",
    summary: "Chooses the backend; the first rule that applies wins.",
    parse: parseUseBackend,
  }),
  served({
    name: "use-server",
    sections: BACKEND_NO_DEFAULTS,
    grammar: "<server> { if | unless } <condition>",
    summary: "Chooses the server, before stick tables and the algorithm.",
    parse: parseUseServer,
  }),
  served({
    name: "default_backend",
    sections: FRONTEND_SIDE,
    grammar: "<backend>",
    summary: "The backend when no `use_backend` applies.",
    parse: (line, draft) => {
      const name = line.takeWord("'default_backend' expects a backend name.");
      if (name === undefined) return;
      const position = line.position();
      if (line.expectEnd("default_backend")) draft.defaultBackend = { name, position };
    },
  }),
  tcpRuleKeyword("tcp-request connection", "connection", FRONTEND_SIDE, (d) => d.connectionRules),
  tcpRuleKeyword("tcp-request session", "session", FRONTEND_SIDE, (d) => d.sessionRules),
  tcpRuleKeyword("tcp-request content", "content", ANY_PROXY, (d) => d.requestRules),
  tcpRuleKeyword("tcp-response content", "response", BACKEND_SIDE, (d) => d.responseRules),
  inspectDelay("request"),
  inspectDelay("response"),
  INSPECT_LIMIT,
  tcpFamily("tcp-request", "'inspect-delay', 'connection', or 'content'"),
  tcpFamily("tcp-response", "'inspect-delay' or 'content'"),
];
