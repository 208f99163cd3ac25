// Scenarios of algorithms that count: turns, connections, or servers from the first on.
import {
  visit,
  hold,
  drop,
  maint,
  ready,
  drain,
  weigh,
  limit,
  times,
  weights,
  traffic,
  upAndDown,
  servers,
  type Scenario,
} from "./balance-steps.ts";

/** Both are put through these. */
export const roundrobin: Scenario[] = [
  {
    name: "roundrobin, equal weights",
    backend: { algorithm: "roundrobin", servers: servers(3) },
    steps: times(20, visit),
  },
  {
    name: "roundrobin, weights 1 2 3 5 7",
    backend: { algorithm: "roundrobin", servers: weights(1, 2, 3, 5, 7) },
    steps: times(80, visit),
  },
  {
    name: "roundrobin, weights 11 11 5, over cycles whose places do not divide evenly",
    backend: { algorithm: "roundrobin", servers: weights(11, 11, 5) },
    steps: times(900, visit),
  },
  {
    name: "roundrobin, weights 256 1 7 100",
    backend: { algorithm: "roundrobin", servers: weights(256, 1, 7, 100) },
    steps: times(400, visit),
  },
  {
    name: "roundrobin, weights 3 0 2, ids out of order",
    backend: {
      algorithm: "roundrobin",
      servers: servers(3, { weight: 3, id: 30 }, { weight: 0, id: 20 }, { weight: 2, id: 10 }),
    },
    steps: times(25, visit),
  },
  {
    name: "roundrobin, servers going and coming",
    backend: { algorithm: "roundrobin", servers: weights(2, 3, 5, 1) },
    steps: times(3, ...upAndDown("s2", "s3")),
  },
  {
    name: "roundrobin, weights set at run time",
    backend: { algorithm: "roundrobin", servers: weights(10, 20, 30) },
    steps: [
      ...times(7, visit),
      weigh("s1", 100),
      ...times(40, visit),
      weigh("s2", 1),
      weigh("s3", 2),
      ...times(40, visit),
      weigh("s1", 0),
      ...times(10, visit),
      weigh("s1", 3),
      ...times(30, visit),
      weigh("s3", 256),
      ...times(60, visit),
      weigh("s3", 1),
      ...times(60, visit),
    ],
  },
  {
    name: "roundrobin, limits and a queue",
    backend: {
      algorithm: "roundrobin",
      servers: servers(3, { maxconn: 2 }, { maxconn: 1, weight: 3 }, { maxconn: 3 }),
    },
    steps: [...traffic(3, 60), ...times(10, hold), ...times(12, drop(1)), ...traffic(5, 60)],
  },
  {
    name: "roundrobin, minconn and fullconn",
    backend: {
      algorithm: "roundrobin",
      fullconn: 12,
      servers: servers(2, { minconn: 1, maxconn: 6 }, { minconn: 2, maxconn: 8 }),
    },
    steps: [...traffic(1, 80), ...times(15, hold), ...times(20, drop(2)), ...traffic(9, 40)],
  },
  {
    name: "roundrobin, backups one at a time",
    backend: {
      algorithm: "roundrobin",
      servers: servers(5, {}, {}, { backup: true }, { backup: true, weight: 3 }, { backup: true }),
    },
    steps: [
      ...times(5, visit),
      maint("s1"),
      ...times(3, visit),
      maint("s2"),
      ...times(4, visit),
      maint("s3"),
      ...times(4, visit),
      ready("s3"),
      ...times(4, visit),
      ready("s2"),
      ...times(4, visit),
    ],
  },
  {
    name: "roundrobin, all backups",
    backend: {
      algorithm: "roundrobin",
      allBackups: true,
      servers: servers(4, {}, { backup: true, weight: 2 }, { backup: true, weight: 3 }, {}),
    },
    steps: [
      ...times(4, visit),
      maint("s1"),
      maint("s4"),
      ...times(14, visit),
      maint("s2"),
      ...times(4, visit),
      ready("s2"),
      ...times(9, visit),
      ready("s1"),
      ...times(4, visit),
    ],
  },
  {
    name: "roundrobin, a server that refuses and one disabled",
    backend: {
      algorithm: "roundrobin",
      redispatch: 1,
      servers: servers(4, { weight: 2 }, { weight: 3 }, { disabled: true }, { weight: 2 }),
    },
    dead: ["s2"],
    steps: [...times(30, visit), ready("s3"), ...times(30, visit)],
  },
];

/** Both are put through these. */
export const otherCounting: Scenario[] = [
  {
    name: "static-rr, weights 1 2 3 5 7",
    backend: { algorithm: "static-rr", servers: weights(1, 2, 3, 5, 7) },
    steps: times(50, visit),
  },
  {
    name: "static-rr, weights 256 64 192",
    backend: { algorithm: "static-rr", servers: weights(256, 64, 192) },
    steps: times(30, visit),
  },
  {
    name: "static-rr, servers going and coming",
    backend: { algorithm: "static-rr", servers: weights(2, 3, 5, 1) },
    steps: times(2, ...upAndDown("s2", "s3")),
  },
  {
    name: "static-rr, limits and a queue",
    backend: {
      algorithm: "static-rr",
      servers: servers(3, { maxconn: 2 }, { maxconn: 1, weight: 3 }, { maxconn: 3 }),
    },
    steps: [...traffic(13, 60), ...times(10, hold), ...times(12, drop(0))],
  },
  {
    name: "static-rr, a server that refuses",
    backend: { algorithm: "static-rr", redispatch: 1, servers: weights(2, 3, 2) },
    dead: ["s2"],
    steps: times(30, visit),
  },
  {
    name: "first, with limits",
    backend: {
      algorithm: "first",
      servers: servers(4, { maxconn: 2, id: 9 }, { maxconn: 3, id: 4 }, { maxconn: 1 }, { id: 50 }),
    },
    steps: [...traffic(2, 70), maint("s2"), ...traffic(4, 30), ready("s2"), ...traffic(8, 30)],
  },
  {
    name: "first, limits and a queue",
    backend: { algorithm: "first", servers: servers(2, { maxconn: 2 }, { maxconn: 2 }) },
    steps: [...times(9, hold), ...times(6, drop(1)), ...traffic(6, 60)],
  },
];

/** Both are put through these. */
export const leastconn: Scenario[] = [
  {
    name: "leastconn, short connections",
    backend: { algorithm: "leastconn", servers: servers(3) },
    steps: times(12, visit),
  },
  {
    name: "leastconn, long connections",
    backend: { algorithm: "leastconn", servers: servers(4) },
    steps: [...times(11, hold), ...traffic(21, 150)],
  },
  {
    name: "leastconn, weights 1 2 3 5 7 256",
    backend: { algorithm: "leastconn", servers: weights(1, 2, 3, 5, 7, 256) },
    steps: [...times(40, hold), ...traffic(22, 150)],
  },
  {
    name: "leastconn, servers going and coming and weights set",
    backend: { algorithm: "leastconn", servers: weights(4, 0, 3, 8) },
    steps: [
      ...traffic(23, 40),
      maint("s1"),
      ...traffic(24, 20),
      ready("s1"),
      ...traffic(25, 30),
      weigh("s2", 6),
      drain("s4"),
      ...traffic(26, 30),
      weigh("s3", 20),
      ready("s4"),
      ...traffic(27, 60),
    ],
  },
  {
    name: "leastconn, limits and a queue",
    backend: {
      algorithm: "leastconn",
      servers: servers(3, { maxconn: 2 }, { maxconn: 3, weight: 2 }, { maxconn: 2 }),
    },
    steps: [...times(12, hold), ...times(9, drop(3)), ...traffic(28, 120)],
  },
  {
    name: "leastconn, limits, maxqueue and limits set at run time",
    backend: {
      algorithm: "leastconn",
      servers: servers(2, { maxconn: 2, maxqueue: 2 }, { maxconn: 2, maxqueue: 1 }),
    },
    steps: [
      ...times(9, hold),
      ...times(5, drop(1)),
      ...traffic(29, 60),
      limit("s1", 4),
      ...traffic(30, 60),
    ],
  },
  {
    name: "leastconn, backups",
    backend: {
      algorithm: "leastconn",
      allBackups: true,
      servers: servers(4, {}, { backup: true }, { backup: true, weight: 2 }, {}),
    },
    steps: [...traffic(31, 20), maint("s1"), maint("s4"), ...traffic(32, 40), ready("s1"), visit],
  },
  {
    name: "leastconn, a server that refuses",
    backend: { algorithm: "leastconn", redispatch: 1, servers: weights(1, 1, 2) },
    dead: ["s2"],
    steps: traffic(33, 50),
  },
];
