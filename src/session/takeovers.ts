// `mqtt-limit takeover`: two devices with one client identifier throw each other out at the broker, at
// once and for ever (MQTT 3.1.1 [MQTT-3.1.4-2]). What tells them from one device with a bad link is where
// they come from: a takeover is a CONNECT from another address than that of a session that still lives.
// Once there are too many, who holds the identifier keeps it, and whoever else comes is kept out or delayed.
import type { Millis } from "../base/units.ts";
import { parseIp } from "../base/ip.ts";
import { RecentMap } from "../base/recent-map.ts";
import type { MqttTakeoverLimit } from "../config/model/mqtt-limits.ts";
import { MQTT_RATE_KEYS_MAX, TAKEOVER_FIGHTS_NAMED_MAX } from "../limits.ts";

/** A client that wants in. */
export interface Claimant {
  /** Not empty. */
  readonly clientId: string;
  /** An address of IPv4 or IPv6. */
  readonly host: string;
  /** Of its session. */
  readonly sessionId: number;
}

/** An identifier and who has it. */
export class Holding {
  /** The host that was let in last. */
  host = "";
  /** The session that was let in last, while it lives. */
  #sessionId: number | undefined;
  /** Whom it was taken from last, or who was kept out last. */
  #rival = "";
  #foughtUntilMs: Millis = -Infinity;
  /** Takeovers that are left of the rate. */
  #tokens: number;
  #filledMs: Millis;

  constructor(limit: MqttTakeoverLimit, nowMs: Millis) {
    this.#tokens = limit.count;
    this.#filledMs = nowMs;
  }

  /** The other side of a fight that goes on; `undefined` in peace. */
  rival(nowMs: Millis): string | undefined {
    return nowMs < this.#foughtUntilMs ? this.#rival : undefined;
  }

  /** Whether letting somebody in would throw out somebody else. */
  isTakenOverBy({ host }: Claimant): boolean {
    return this.#sessionId !== undefined && placeOf(host) !== placeOf(this.host);
  }

  /** Lets a client in; it is the holder from now on. */
  take({ host, sessionId }: Claimant): void {
    if (host !== this.host && this.host !== "") this.#rival = this.host;
    this.host = host;
    this.#sessionId = sessionId;
  }

  /** The session has ended. */
  leave(sessionId: number): void {
    if (this.#sessionId === sessionId) this.#sessionId = undefined;
  }

  /** Counts a takeover; false if it is one too many. */
  count({ count, periodMs }: MqttTakeoverLimit, nowMs: Millis): boolean {
    const passedMs = Math.max(0, nowMs - this.#filledMs);
    this.#tokens = Math.min(count, this.#tokens + (passedMs * count) / periodMs);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Notes that it is fought over until then. */
  contest({ host }: Claimant, untilMs: Millis): void {
    this.#rival = host;
    this.#foughtUntilMs = untilMs;
  }
}

/** What becomes of a claim. */
export type ClaimOutcome =
  | { readonly kind: "admitted"; readonly holding: Holding }
  | { readonly kind: "banned" }
  | { readonly kind: "delayed"; readonly untilMs: Millis };

/** An identifier that has begun to be fought over. */
export interface Fight {
  readonly clientId: string;
  /** Who holds it, and who wants it. */
  readonly hosts: readonly [string, string];
}

/** The client identifiers of one frontend. */
export class Takeovers {
  readonly #holdings = new RecentMap<string, Holding>(MQTT_RATE_KEYS_MAX);
  #fights: Fight[] = [];
  #fightCount = 0;

  /** Lets a client in, or says what keeps it. */
  claim(limit: MqttTakeoverLimit, claimant: Claimant, nowMs: Millis): ClaimOutcome {
    const holding = this.#holdingOf(limit, claimant.clientId, nowMs);
    if (holding.isTakenOverBy(claimant)) {
      const isFought = holding.rival(nowMs) !== undefined;
      const isBanned = limit.banMs !== undefined && isFought;
      if (isBanned || !holding.count(limit, nowMs)) {
        if (!isFought) this.#noteFight(claimant, holding);
        return this.#keepOut(limit, claimant, holding, nowMs);
      }
    }
    holding.take(claimant);
    return { kind: "admitted", holding };
  }

  /** Lets a client in that has waited. */
  admit(limit: MqttTakeoverLimit, claimant: Claimant, nowMs: Millis): Holding {
    const holding = this.#holdingOf(limit, claimant.clientId, nowMs);
    holding.take(claimant);
    return holding;
  }

  /** Fights since the last call: their number, and the first ones by name. */
  drainFights(): { readonly count: number; readonly named: readonly Fight[] } {
    const drained = { count: this.#fightCount, named: this.#fights };
    this.#fights = [];
    this.#fightCount = 0;
    return drained;
  }

  #keepOut(
    { banMs, delayMs = 0, periodMs }: MqttTakeoverLimit,
    claimant: Claimant,
    holding: Holding,
    nowMs: Millis,
  ): ClaimOutcome {
    if (banMs === undefined) {
      holding.contest(claimant, nowMs + periodMs);
      return { kind: "delayed", untilMs: nowMs + delayMs };
    }
    // Tries do not make a ban longer.
    if (holding.rival(nowMs) === undefined) holding.contest(claimant, nowMs + banMs);
    return { kind: "banned" };
  }

  #noteFight({ clientId, host }: Claimant, holding: Holding): void {
    this.#fightCount += 1;
    if (this.#fights.length >= TAKEOVER_FIGHTS_NAMED_MAX) return;
    this.#fights.push({ clientId, hosts: [holding.host, host] });
  }

  #holdingOf(limit: MqttTakeoverLimit, clientId: string, nowMs: Millis): Holding {
    return this.#holdings.getOrMake(clientId, () => new Holding(limit, nowMs));
  }
}

/** An IPv4 address, or the /64 of an IPv6 one, within which devices change theirs (RFC 8981). */
function placeOf(host: string): string {
  const bytes = parseIp(host);
  if (bytes?.length !== 16) return host;
  return bytes.subarray(0, 8).join(".");
}
