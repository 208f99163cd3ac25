/** Takes all effects of a machine, oldest first; whether there were any. */
export function drain<Effect>(
  machine: { poll(): Effect | undefined },
  take: (effect: Effect) => void,
): boolean {
  let count = 0;
  for (let effect = machine.poll(); effect !== undefined; effect = machine.poll()) {
    take(effect);
    count += 1;
  }
  return count > 0;
}
