// All fetches by name.
import type { FetchDefinition } from "../definition.ts";
import { CONNECTION_FETCHES } from "./connection.ts";
import { CONSTANT_FETCHES } from "./constants.ts";
import { COUNTER_FETCHES } from "./counters.ts";
import { MQTT_FETCHES } from "./mqtt.ts";
import { PAYLOAD_FETCHES } from "./payload.ts";
import { STATE_FETCHES } from "./state.ts";
import { TLS_FETCHES } from "./tls.ts";

const ALL: readonly FetchDefinition[] = [
  ...CONNECTION_FETCHES,
  ...PAYLOAD_FETCHES,
  ...MQTT_FETCHES,
  ...TLS_FETCHES,
  ...COUNTER_FETCHES,
  ...STATE_FETCHES,
  ...CONSTANT_FETCHES,
];

const BY_NAME: ReadonlyMap<string, FetchDefinition> = new Map(
  ALL.flatMap((fetch) => fetch.names.map((name) => [name, fetch] as const)),
);

/** The fetch of this name. */
export function findFetch(name: string): FetchDefinition | undefined {
  return BY_NAME.get(name);
}

/** Every fetch, family by family, for the generated reference. */
export function listFetches(): readonly FetchDefinition[] {
  return ALL;
}
