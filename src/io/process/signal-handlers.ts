/** Handles signals until the function that is returned is called. */
export function handleSignals(
  handlers: Readonly<Partial<Record<NodeJS.Signals, () => void>>>,
): () => void {
  const entries = Object.entries(handlers) as [NodeJS.Signals, () => void][];
  for (const [signal, handler] of entries) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of entries) process.off(signal, handler);
  };
}
