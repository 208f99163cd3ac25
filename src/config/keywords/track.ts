// track [<proxy>/]<server>
import type { Server } from "../model/server.ts";

/** The server that `track` names. */
export function parseTrack(value: string): NonNullable<Server["track"]> {
  const slash = value.indexOf("/");
  if (slash < 0) return { server: value };
  return { backend: value.slice(0, slash), server: value.slice(slash + 1) };
}
