// http-check send [meth <method>] [uri <uri>] [ver <version>] [hdr <name> <fmt>]* [body <string>]
//     [comment <msg>]   (haproxy configuration §4.2)
import type { Mutable, ProxyDraft } from "../draft.ts";
import type { Line } from "../line.ts";
import type { HttpCheckRule } from "../model/check.ts";

type HttpSend = Mutable<Extract<HttpCheckRule, { kind: "send" }>>;

/** Takes the words after `send`; what is not said comes from `option httpchk`. */
export function parseHttpSend(line: Line, draft: ProxyDraft): HttpCheckRule | undefined {
  const rule: HttpSend = {
    kind: "send",
    ...draft.httpCheckRequest,
    headers: [],
    position: line.position(0),
  };
  for (let word = line.take(); word !== undefined; word = line.take()) {
    const expected = `'http-check send' : '${word}' expects an argument.`;
    switch (word) {
      case "meth":
        rule.method = line.takeWord(expected) ?? rule.method;
        break;
      case "uri":
        rule.uri = line.takeWord(expected) ?? rule.uri;
        break;
      case "ver":
        rule.version = line.takeWord(expected) ?? rule.version;
        break;
      case "body":
        rule.body = line.takeWord(expected) ?? "";
        break;
      case "comment":
        rule.comment = line.takeWord(expected) ?? "";
        break;
      case "hdr": {
        const name = line.takeWord(expected);
        const value = line.takeWord("'http-check send' : 'hdr' expects <name> and <value>.");
        if (name !== undefined && value !== undefined) {
          rule.headers = [...rule.headers, [name, value]];
        }
        break;
      }
      default:
        line.alert(
          `'http-check send' : expects 'comment', 'meth', 'uri', 'ver', 'hdr' and 'body' ` +
            `but got '${word}' as argument.`,
        );
        return undefined;
    }
  }
  return rule;
}
