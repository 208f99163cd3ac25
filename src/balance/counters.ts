// What is counted for each server, by the meaning of HAProxy's CSV statistics (management §9.1).

/** Plain numbers that only grow, except where a maximum is kept. */
export interface ServerCounters {
  /** `smax`: the most connections at one time. Kept by the balancer. */
  servedMax: number;
  /** `qmax`: the longest own queue. Kept by the balancer. */
  queuedMax: number;
  /** `lbtot`: how often the algorithm (not persistence) chose the server. Kept by the balancer. */
  lbTotal: number;
  /** `chkdown`: transitions from up to down. Kept by the balancer. */
  downTransitions: number;
  /** `stot`: connections started, retries included. */
  total: number;
  /** `bin`: bytes from clients. */
  bytesIn: number;
  /** `bout`: bytes to clients. */
  bytesOut: number;
  /** `dresp`: answers refused by a rule. */
  deniedResponses: number;
  /** `econ`: connections given up. */
  connectErrors: number;
  /** `eresp`: answers that broke off. */
  responseErrors: number;
  /** `wretr`: tries repeated on the same server. */
  retries: number;
  /** `wredis`: sessions moved from this server to another. */
  redispatches: number;
  /** `chkfail`: failed checks while the server was up. */
  failedChecks: number;
  /** `hanafail`: failures seen by `observe`. */
  failedObservations: number;
  /** `cli_abrt`: transfers that the client broke off. */
  clientAborts: number;
  /** `srv_abrt`: transfers that the server broke off. */
  serverAborts: number;
  /** Of MQTT, where they are counted (src/session/packet-counters.ts). */
  packets: ServerPackets | undefined;
}

/** Packets of MQTT by type. */
export interface ServerPackets {
  readonly toServer: Float64Array;
  readonly toClient: Float64Array;
  add(now: Omit<ServerPackets, "add">, before: Omit<ServerPackets, "add"> | undefined): void;
}

/** `clear counters`: forgets the highest values and, with `all`, every sum. */
export function clearServerCounters(counters: ServerCounters, all: boolean): void {
  if (all) Object.assign(counters, createServerCounters());
  counters.servedMax = 0;
  counters.queuedMax = 0;
}

/** All zero. */
export function createServerCounters(): ServerCounters {
  return {
    servedMax: 0,
    queuedMax: 0,
    lbTotal: 0,
    downTransitions: 0,
    total: 0,
    bytesIn: 0,
    bytesOut: 0,
    deniedResponses: 0,
    connectErrors: 0,
    responseErrors: 0,
    retries: 0,
    redispatches: 0,
    failedChecks: 0,
    failedObservations: 0,
    clientAborts: 0,
    serverAborts: 0,
    packets: undefined,
  };
}
