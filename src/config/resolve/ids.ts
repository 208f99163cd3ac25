// Identifiers of proxies and servers, numbered as HAProxy numbers them, so that both hash alike.

/**
 * Fills in absent identifiers: each item moves the counter on, and an item without an identifier
 * takes the first free one from there.
 */
export function assignIds(
  given: readonly (number | undefined)[],
  first: number,
): readonly number[] {
  const used = new Set(given.filter((id) => id !== undefined));
  let next = first;
  return given.map((id) => {
    let chosen = id;
    if (chosen === undefined) {
      while (used.has(next)) next++;
      chosen = next;
      used.add(chosen);
    }
    next++;
    return chosen;
  });
}
