import type { StickTableSpec } from "../config/model/stick.ts";

const SERVER_TYPES = ["server_id", "server_key"] as const;

/**
 * The definition of a table that sticking rules use: any `stick on|match|store-request|store-response`
 * makes HAProxy store the server's id and its key, whether `store` names them or not.
 */
export function withServerData(spec: StickTableSpec): StickTableSpec {
  const missing = SERVER_TYPES.filter((name) => !spec.store.some(({ type }) => type === name));
  if (missing.length === 0) return spec;
  return { ...spec, store: [...missing.map((type) => ({ type })), ...spec.store] };
}
