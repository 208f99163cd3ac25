// Names of variables: a scope, a dot, then letters, digits, `_` and `.` (haproxy configuration §2.8).

const SCOPES = ["proc", "sess", "txn", "req", "res", "check"];

/** HAProxy's complaint about a variable's name, or `undefined` when it is right. */
export function checkVariableName(name: string): string | undefined {
  const dot = name.indexOf(".");
  if (dot < 0 || !SCOPES.includes(name.slice(0, dot))) {
    const scopes = "'proc', 'sess', 'txn', 'req', 'res' or 'check'";
    const must = `A variable name must be start by its scope. The scope can be ${scopes}`;
    return `invalid variable name '${name}'. ${must}`;
  }
  const odd = /[^A-Za-z0-9_.]/.exec(name);
  return odd === null ? undefined : `invalid syntax at char '${name.slice(odd.index)}'`;
}
