// Scripts of health checks.
import type { Position } from "../../base/diagnostic.ts";
import type { Millis } from "../../base/units.ts";

/** How the servers of a backend are checked. */
export type CheckMethod =
  | { readonly kind: "tcp" }
  | { readonly kind: "tcp-check"; readonly rules: readonly TcpCheckRule[] }
  | { readonly kind: "httpchk"; readonly rules: readonly HttpCheckRule[] }
  | { readonly kind: "mqtt-check"; readonly mqtt: MqttCheck };

/** `option mqtt-check`: what a check says as an MQTT client. */
export interface MqttCheck {
  /** The protocol level: 4 is MQTT 3.1.1. */
  readonly version: 4 | 5;
  /** What client identifiers begin with; each checked server gets an ending of its own. */
  readonly clientIdPrefix: string;
  readonly username?: string;
  /** A secret: never in logs, statistics or messages. */
  readonly password?: string;
  readonly keepaliveSeconds: number;
  /** A message that the broker must bring back. */
  readonly publish?: {
    readonly topic: string;
    /** Absent: until the check is over. */
    readonly withinMs?: Millis;
  };
  /** The path of the upgrade request; absent without WebSocket. */
  readonly webSocketPath?: string;
  /** Weighs servers down whose answers are late. */
  readonly slow?: SlowCheck;
}

/** From when on a server is slow, and what is left of its weight at least, 1..100 percent. */
export interface SlowCheck {
  readonly thresholdMs: Millis;
  readonly percentMin: number;
}

/** What both `tcp-check connect` and `http-check connect` may set. */
export interface CheckConnect {
  readonly kind: "connect";
  readonly default: boolean;
  readonly host?: string;
  readonly port?: number;
  readonly tls: boolean;
  readonly sni?: string;
  readonly alpn?: readonly string[];
  readonly sendProxy: boolean;
  readonly linger: boolean;
  readonly comment?: string;
  readonly position: Position;
}

/** What both kinds of `expect` may set. */
export interface CheckExpectCommon {
  readonly kind: "expect";
  readonly negated: boolean;
  /** `-1`: wait as long as the answer may still match. */
  readonly bytesMin?: number;
  readonly comment?: string;
  /** Codes to report (`L7OK`, `L7OKC`, `L7RSP`, `L7STS`, ...). */
  readonly okStatus?: string;
  readonly errorStatus?: string;
  readonly timeoutStatus?: string;
  readonly onSuccess?: string;
  readonly onError?: string;
  readonly position: Position;
}

/** One rule of `option tcp-check`. Bytes are given as latin1 text, one byte a character. */
export type TcpCheckRule =
  | CheckConnect
  | {
      readonly kind: "send";
      readonly bytes: string;
      readonly comment?: string;
      readonly position: Position;
    }
  | (CheckExpectCommon & {
      readonly match: "string" | "rstring" | "binary" | "rbinary";
      /** As written: hexadecimal for `binary`, a regex over upper case hexadecimal for `rbinary`. */
      readonly pattern: string;
    })
  | { readonly kind: "comment"; readonly comment: string; readonly position: Position };

/** One rule of `option httpchk`. */
export type HttpCheckRule =
  | CheckConnect
  | {
      readonly kind: "send";
      readonly method: string;
      readonly uri: string;
      readonly version: string;
      readonly headers: readonly (readonly [string, string])[];
      readonly body?: string;
      readonly comment?: string;
      readonly position: Position;
    }
  | (CheckExpectCommon & {
      readonly match: "status" | "rstatus" | "string" | "rstring" | "hdr" | "fhdr";
      readonly pattern: string;
    })
  | { readonly kind: "comment"; readonly comment: string; readonly position: Position };
