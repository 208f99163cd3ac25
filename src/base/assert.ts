/** Ends the process's current operation when one of our own invariants is broken; never used on foreign input. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${message}`);
}

/** Marks a branch that the type checker proves unreachable. */
export function assertNever(value: never): never {
  throw new Error(`Broken invariant: unexpected value ${JSON.stringify(value)}`);
}
