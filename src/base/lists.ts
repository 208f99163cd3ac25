// Lists that are replaced instead of changed: most have no element or one.

/**
 * The list with one more element at its end. One element takes the memory of one, where `push` onto an empty array sets
 * memory aside for 16 more; `concat` does not either, but costs a call into the engine.
 */
export function withOneMore<T>(list: readonly T[], element: T): readonly T[] {
  return list.length === 0 ? [element] : [...list, element];
}
