// `mqtt-limit`: which CONNECTs a frontend admits, by their size, keep alive and client identifier, and how
// often each client, address or all of them may come. Whoever comes too often may be banned for a while.
import type { Millis } from "../base/units.ts";
import { RecentMap } from "../base/recent-map.ts";
import type { MqttLimits, MqttRateLimit } from "../config/model/mqtt-limits.ts";
import { MQTT_RATE_KEYS_MAX } from "../limits.ts";
import { inspectOnce } from "../mqtt/cached-inspection.ts";
import type { ConnectFacts } from "../mqtt/inspect.ts";
import type { RefusalCause } from "../mqtt/refusal.ts";
import { compileRegex } from "../rules/regex.ts";
import type { LimitReason } from "./limit-counts.ts";
import type { SessionContext } from "./session-context.ts";
import { type Claimant, Takeovers } from "./takeovers.ts";

/** What keeps a client out: what it is told, and what is counted. */
export interface LimitVerdict {
  readonly cause: RefusalCause;
  readonly reason: LimitReason;
}

/** Until when a client is held back before it may go on. */
export interface LimitDelay {
  readonly untilMs: Millis;
}

const TAKEOVER: LimitVerdict = { cause: "banned", reason: "takeover" };
const TOO_LARGE: LimitVerdict = { cause: "too-large", reason: "connect-size" };
const BANNED: LimitVerdict = { cause: "banned", reason: "ban" };

const RATE_REASONS: Readonly<Record<MqttRateLimit["by"], LimitReason>> = {
  "client-id": "client-rate",
  src: "source-rate",
  listener: "listener-rate",
};

/** What is left to somebody of a rate. */
interface Allowance {
  tokens: number;
  filledMs: Millis;
  bannedUntilMs: Millis;
}

/** The limits of one frontend; what has been counted outlives a reload. */
export class MqttLimiter {
  /** By rate and key. */
  readonly #allowances = new RecentMap<string, Allowance>(MQTT_RATE_KEYS_MAX);
  /** Who has which client identifier, for `mqtt-limit takeover`. */
  readonly takeovers = new Takeovers();
  #pattern: { readonly text: string; readonly regex: RegExp } | undefined;

  /** Judges a client's CONNECT, once: what keeps it out, if anything; `wait` while it is still to come. */
  judge(
    limits: MqttLimits,
    context: SessionContext,
  ): LimitVerdict | LimitDelay | "wait" | undefined {
    const { request } = context;
    const found = inspectOnce(request.bytes, request.bytesMax);
    const { connectBytesMax = Infinity } = limits;
    if (found.kind === "need-more") {
      if ((found.bytesWanted ?? 0) > connectBytesMax) return TOO_LARGE;
      return request.final ? undefined : "wait";
    }
    if (found.kind !== "connect") return undefined;
    if (found.byteCount > connectBytesMax) return TOO_LARGE;
    const { packet } = found;
    return (
      this.#judgeFacts(limits, packet) ??
      this.#judgeRates(limits.rates, packet, context) ??
      this.#judgeTakeover(limits, context)
    );
  }

  /** Lets a client in that has been held back. */
  admit({ takeover }: MqttLimits, context: SessionContext): void {
    const claimant = claimantOf(context);
    if (takeover === undefined || claimant === undefined) return;
    context.holding = this.takeovers.admit(takeover, claimant, context.nowMs);
  }

  #judgeTakeover(
    { takeover }: MqttLimits,
    context: SessionContext,
  ): LimitVerdict | LimitDelay | undefined {
    const claimant = claimantOf(context);
    if (takeover === undefined || claimant === undefined) return undefined;
    const outcome = this.takeovers.claim(takeover, claimant, context.nowMs);
    if (outcome.kind === "banned") return TAKEOVER;
    if (outcome.kind === "delayed") return { untilMs: outcome.untilMs };
    context.holding = outcome.holding;
    return undefined;
  }

  #judgeFacts(limits: MqttLimits, packet: ConnectFacts): LimitVerdict | undefined {
    const { keepaliveMinMs = 0, keepaliveMaxMs = Infinity, clientId } = limits;
    // Without a keep alive a client may be silent for ever.
    const keepaliveMs = packet.keepaliveSeconds === 0 ? Infinity : packet.keepaliveSeconds * 1_000;
    if (keepaliveMs < keepaliveMinMs || keepaliveMs > keepaliveMaxMs) {
      return { cause: "keepalive", reason: "keepalive" };
    }
    if (clientId === undefined) return undefined;
    if (this.#pattern?.text !== clientId) {
      const compiled = compileRegex(clientId, "");
      if (!compiled.ok) return undefined;
      this.#pattern = { text: clientId, regex: compiled.regex };
    }
    const isMatch = this.#pattern.regex.test(packet.clientId);
    return isMatch ? undefined : { cause: "client-id", reason: "client-id" };
  }

  #judgeRates(
    rates: readonly MqttRateLimit[],
    packet: ConnectFacts,
    context: SessionContext,
  ): LimitVerdict | undefined {
    for (const [index, rate] of rates.entries()) {
      const key = keyOf(rate, packet, context);
      if (key === undefined) continue;
      const verdict = this.#take(rate, `${index} ${key}`, context.nowMs);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  #take(rate: MqttRateLimit, key: string, nowMs: Millis): LimitVerdict | undefined {
    const allowance = this.#allowanceOf(rate, key, nowMs);
    if (nowMs < allowance.bannedUntilMs) return BANNED;
    const passedMs = Math.max(0, nowMs - allowance.filledMs);
    allowance.tokens = Math.min(
      rate.burst,
      allowance.tokens + (passedMs * rate.count) / rate.periodMs,
    );
    allowance.filledMs = nowMs;
    if (allowance.tokens >= 1) {
      allowance.tokens -= 1;
      return undefined;
    }
    const reason = RATE_REASONS[rate.by];
    if (rate.banMs === undefined) return { cause: "rate", reason };
    allowance.bannedUntilMs = nowMs + rate.banMs;
    return { cause: "banned", reason };
  }

  #allowanceOf(rate: MqttRateLimit, key: string, nowMs: Millis): Allowance {
    return this.#allowances.getOrMake(key, () => {
      return { tokens: rate.burst, filledMs: nowMs, bannedUntilMs: -Infinity };
    });
  }
}

/** Who it is that a rate is for; a client without an identifier of its own is nobody. */
function keyOf(
  { by }: MqttRateLimit,
  packet: ConnectFacts,
  { source }: SessionContext,
): string | undefined {
  if (by === "listener") return "";
  if (by === "client-id") return packet.clientId === "" ? undefined : packet.clientId;
  return source.kind === "ip" ? source.host : undefined;
}

function claimantOf({ source, client, id }: SessionContext): Claimant | undefined {
  const clientId = client?.clientId ?? "";
  if (source.kind !== "ip" || clientId === "") return undefined;
  return { clientId, host: source.host, sessionId: id };
}
