// Scenarios of algorithms that hash.
import type { HashType } from "../../src/config/model/proxy.ts";
import {
  drop,
  maint,
  ready,
  drain,
  weigh,
  times,
  weights,
  servers,
  type Scenario,
  type Step,
} from "./balance-steps.ts";

const people = Array.from({ length: 24 }, (_, i) => `127.0.${i % 3}.${i * 9 + 2}`);
const devices = Array.from({ length: 24 }, (_, i) => `device-${i * i}-${"x".repeat(i)}`);

const hashTypes: HashType[] = (["map-based", "consistent"] as const).flatMap((method) =>
  (["sdbm", "djb2", "wt6", "crc32"] as const).flatMap((fn) =>
    [false, true].map((avalanche) => ({ method, function: fn, avalanche })),
  ),
);

const hashTypeName = (type: HashType): string =>
  `${type.method} ${type.function}${type.avalanche ? " avalanche" : ""}`;

const comingAndGoing = (visits: readonly Step[]): Step[] => [
  ...visits,
  maint("s2"),
  ...visits,
  ready("s2"),
  drain("s3"),
  ...visits,
  ready("s3"),
  ...visits,
];

/** Both are put through these. */
export const hashing: Scenario[] = hashTypes.flatMap((hashType): Scenario[] => {
  const type = hashTypeName(hashType);
  const byKey = devices.map((key): Step => ({ kind: "visit", key }));
  const byAddress = people.map((from): Step => ({ kind: "visit", from }));
  return [
    {
      name: `hash first bytes, ${type}`,
      backend: { algorithm: "hash", hashType, servers: weights(1, 2, 3, 5) },
      hashKey: "var(txn.key)",
      steps: comingAndGoing(byKey),
    },
    {
      name: `hash src, ${type}`,
      backend: { algorithm: "hash", hashType, servers: servers(3) },
      hashKey: "src",
      steps: byAddress,
    },
    // `source` knows no functions: two of them tell that they make no difference.
    ...(hashType.function === "sdbm" || hashType.function === "wt6"
      ? [
          {
            name: `source, ${type}`,
            backend: {
              algorithm: "source",
              hashType,
              servers: servers(4, { weight: 3 }, { id: 77 }, { weight: 10 }, { backup: true }),
            },
            steps: comingAndGoing(byAddress),
          } satisfies Scenario,
        ]
      : []),
  ];
});

const consistent: HashType = { method: "consistent", function: "sdbm", avalanche: true };

/** Both are put through these. */
export const hashingAtItsLimits: Scenario[] = [
  {
    name: "hash, consistent, weights set at run time",
    backend: { algorithm: "hash", hashType: consistent, servers: weights(10, 10, 10) },
    hashKey: "src",
    steps: [10, 30, 1, 0, 5].flatMap((weight) => [
      weigh("s2", weight),
      ...people.map((from): Step => ({ kind: "visit", from })),
    ]),
  },
  {
    name: "hash, consistent, balance factor",
    backend: {
      algorithm: "hash",
      hashType: consistent,
      hashBalanceFactor: 120,
      servers: weights(1, 3, 2, 1),
    },
    hashKey: "var(txn.key)",
    steps: [...devices, ...devices].flatMap((key, i): Step[] => [
      { kind: "hold", key: i % 3 === 0 ? "always the same" : key },
      ...(i % 5 === 4 ? [drop(i)] : []),
    ]),
  },
  {
    name: "hash, consistent, a server that refuses",
    backend: { algorithm: "hash", hashType: consistent, redispatch: 1, servers: servers(4) },
    hashKey: "src",
    dead: ["s3"],
    steps: people.map((from): Step => ({ kind: "visit", from })),
  },
  {
    name: "hash, map-based, limits and server queues",
    backend: { algorithm: "hash", servers: servers(2, { maxconn: 2 }, { maxconn: 1 }) },
    hashKey: "src",
    steps: [
      ...people.slice(0, 10).map((from): Step => ({ kind: "hold", from })),
      ...times(8, drop(1)),
    ],
  },
];
