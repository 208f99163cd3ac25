// Commands of HAProxy that have no meaning here: each says so in one line, and what to do instead.
import { refuse, type RuntimeCommand } from "../command.ts";

const CERTIFICATES =
  "Certificates are not changed at run time: replace the file and reload, which ends no session.";
const LISTS =
  "Maps and ACL files are not changed at run time: change the file and reload, which ends no session.";
const COOKIES = "There are no cookies in TCP mode.";

/** Commands that are known and refused. */
export const UNSERVED_COMMANDS: readonly RuntimeCommand[] = [
  ...["set", "new", "commit", "abort", "del", "add", "update"].map((verb) =>
    unserved([verb, "ssl"], CERTIFICATES),
  ),
  ...["add", "clear", "commit", "del", "get", "prepare", "set", "show"].flatMap((verb) =>
    ["acl", "map"].map((what) => unserved([verb, what], LISTS)),
  ),
  unserved(["enable", "dynamic-cookie"], COOKIES),
  unserved(["disable", "dynamic-cookie"], COOKIES),
  unserved(["set", "dynamic-cookie-key"], COOKIES),
  unserved(["set", "profiling"], "Tasks are not profiled: start Node.js with --cpu-prof instead."),
  unserved(["trace"], "Nothing can be traced at run time."),
];

function unserved(words: readonly string[], text: string): RuntimeCommand {
  return {
    words,
    usage: words.join(" "),
    help: undefined,
    level: "admin",
    run: () => refuse(text),
  };
}
