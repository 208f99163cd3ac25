// Signals that Node has no name for. Keepalived takes 36 (SIGRTMIN+2) as the request for a JSON dump,
// and the default action of that signal is to end the process.

/** The part of Node's wrapper of libuv's signals used here. */
interface SignalWrap {
  onsignal: ((signal: number) => void) | undefined;
  start(signal: number): number;
  unref(): void;
  close(): void;
}

type Binding = (name: string) => { readonly Signal: new () => SignalWrap };

/**
 * Calls back on a signal given by its number; gives a function that ends that, or `undefined` where
 * it is not possible.
 */
export function onSignalNumber(signal: number, callback: () => void): (() => void) | undefined {
  const holder = process as unknown as { binding?: Binding; noDeprecation?: boolean };
  const { noDeprecation } = holder;
  try {
    // The only way to libuv's signals by number; its deprecation is of no use to users.
    holder.noDeprecation = true;
    const wrap = new (holder.binding!("signal_wrap").Signal)();
    wrap.onsignal = callback;
    if (wrap.start(signal) !== 0) return undefined;
    wrap.unref();
    return () => wrap.close();
  } catch {
    return undefined;
  } finally {
    if (noDeprecation === undefined) Reflect.deleteProperty(holder, "noDeprecation");
    else holder.noDeprecation = noDeprecation;
  }
}
