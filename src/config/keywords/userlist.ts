// Keywords of `userlist` (haproxy configuration §3.4).
import type { UserlistDraft } from "../draft.ts";
import { served } from "../keyword.ts";
import type { Keyword } from "../keyword.ts";
import type { Line } from "../line.ts";

/** user <username> [password | insecure-password <password>] [groups <group>,<group>,(...)] */
function parseUser(line: Line, draft: UserlistDraft): void {
  const name = line.takeWord("'user' expects <name> as arguments.");
  if (name === undefined) return;
  if (draft.users.some((user) => user.name === name)) {
    line.warn(`ignoring duplicated user '${name}' in userlist '${draft.name}'.`);
    return;
  }
  const user: UserlistDraft["users"][number] = { name, insecure: false, groups: [] };
  for (let word = line.take(); word !== undefined; word = line.take()) {
    const value = line.take();
    if (value === undefined) line.alert(`'${word}' expects an argument.`);
    else if (word === "password" || word === "insecure-password") {
      user.password = value;
      user.insecure = word === "insecure-password";
    } else if (word === "groups") user.groups = value.split(",");
    else line.alert(`'user' only supports 'password', 'insecure-password' and 'groups' options.`);
  }
  draft.users.push(user);
}

/** group <groupname> [users <user>,<user>,(...)] */
function parseGroup(line: Line, draft: UserlistDraft): void {
  const name = line.takeWord("'group' expects <name> as arguments.");
  if (name === undefined) return;
  if (draft.groups.some((group) => group.name === name)) {
    line.warn(`ignoring duplicated group '${name}' in userlist '${draft.name}'.`);
    return;
  }
  const word = line.take();
  const users = line.take();
  if (word === undefined) draft.groups.push({ name, users: [] });
  else if (word !== "users" || users === undefined) {
    line.alert("'group' only supports 'users' option.");
  } else draft.groups.push({ name, users: users.split(",") });
}

/** All of them. */
export const USERLIST_KEYWORDS: readonly Keyword<UserlistDraft>[] = [
  served({
    name: "user",
    sections: ["userlist"],
    grammar: "<name> [password | insecure-password <password>] [groups <group>,...]",
    summary: "An account.",
    parse: parseUser,
  }),
  served({
    name: "group",
    sections: ["userlist"],
    grammar: "<name> [users <user>,...]",
    summary: "A group of accounts.",
    parse: parseGroup,
  }),
];
