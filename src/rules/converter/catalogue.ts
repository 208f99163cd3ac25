// All converters by name.
import type { ConverterDefinition } from "../definition.ts";
import { ARITHMETIC_CONVERTERS } from "./arithmetic.ts";
import { ENCODE_CONVERTERS } from "./encode.ts";
import { HASH_CONVERTERS } from "./hash.ts";
import { MAP_CONVERTERS } from "./map.ts";
import { MQTT_CONVERTERS } from "./mqtt.ts";
import { REGSUB_CONVERTERS } from "./regsub.ts";
import { TABLE_CONVERTERS } from "./table.ts";
import { TEXT_CONVERTERS } from "./text.ts";

const ALL: readonly ConverterDefinition[] = [
  ...MQTT_CONVERTERS,
  ...TEXT_CONVERTERS,
  ...ENCODE_CONVERTERS,
  ...HASH_CONVERTERS,
  ...ARITHMETIC_CONVERTERS,
  ...REGSUB_CONVERTERS,
  ...MAP_CONVERTERS,
  ...TABLE_CONVERTERS,
];

const BY_NAME: ReadonlyMap<string, ConverterDefinition> = new Map(
  ALL.flatMap((converter) => converter.names.map((name) => [name, converter] as const)),
);

/** The converter of this name. */
export function findConverter(name: string): ConverterDefinition | undefined {
  return BY_NAME.get(name);
}

/** Every converter, family by family, for the generated reference. */
export function listConverters(): readonly ConverterDefinition[] {
  return ALL;
}
