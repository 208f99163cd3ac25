// Whether two configurations say the same.

/** Compares plain data and sets deeply; `position` members do not count, and absent is undefined. */
export function equalApartFromPositions(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Set || b instanceof Set) {
    if (!(a instanceof Set) || !(b instanceof Set) || a.size !== b.size) return false;
    return [...(a as ReadonlySet<unknown>)].every((item) => b.has(item));
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every(
    (key) => key === "position" || equalApartFromPositions(left[key], right[key]),
  );
}
