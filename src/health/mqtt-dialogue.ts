// What a check says to a broker as an MQTT client, and what it makes of the answers.
//
// Theory of operation. The stages follow one another: the WebSocket upgrade where there is one,
// CONNECT, and with a probe message SUBSCRIBE and PUBLISH to the same topic. Each stage waits for one
// answer; the first that is wrong decides, as does the last one. An accepted client takes its leave
// by DISCONNECT. All bytes of the broker together are bounded, so a broker that never stops talking
// fails the check; one that never answers is the business of the owner's timeout, which `waitingFor`
// words. Time is measured for the probe message alone, by a timer of its own.
import type { Packet } from "mqtt-packet";
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import type { MqttCheck } from "../config/model/check.ts";
import { CHECK_ANSWER_BYTES_MAX } from "../limits.ts";
import { inspectFirstPacket, type ConnackFacts } from "../mqtt/inspect.ts";
import { generate } from "../mqtt/generate.ts";
import { encodeConnect } from "../mqtt/own-connect.ts";
import { parseFrame } from "../mqtt/parse-frame.ts";
import { describeReason, isAboutCredentials } from "../mqtt/reason-codes.ts";
import type { CheckCode } from "./result.ts";
import { WebSocketClient } from "./websocket-client.ts";

/** What one dialogue is about. */
export interface DialogueSpec {
  readonly mqtt: MqttCheck;
  /** Whole, and nobody else's: a broker ends the connection of whoever else uses it. */
  readonly clientId: string;
  /** For the `Host` header of WebSocket. */
  readonly host: string;
}

/** What happens on the connection. */
export type DialogueEvent =
  | { readonly kind: "start" }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  /** The broker has closed in order. */
  | { readonly kind: "ended" }
  | { readonly kind: "timeout" };

/** What is to be done; nothing follows a verdict. */
export type DialogueEffect =
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  | {
      readonly kind: "verdict";
      readonly code: CheckCode;
      /** The code of MQTT or HTTP that was answered. */
      readonly status: number;
      readonly info: string;
      /** A goodbye was sent that a reset must not overtake. */
      readonly isPolite: boolean;
      /** From the request to the answer that a pass was decided by. */
      readonly answerMs?: Millis;
    };

type Stage = "idle" | "upgrade" | "connack" | "suback" | "message" | "done";

const WAITING_FOR: Readonly<Record<Stage, string>> = {
  idle: "",
  upgrade: "no answer to the WebSocket upgrade",
  connack: "no CONNACK",
  suback: "no SUBACK",
  message: "the probe message has not come back",
  done: "",
};

const SUBSCRIBE_ID = 1;
const PUBLISH_ID = 2;

/** Speaks for one check. */
export class MqttDialogue implements Machine<DialogueEvent, DialogueEffect> {
  readonly #spec: DialogueSpec;
  readonly #effects: DialogueEffect[] = [];
  #stage: Stage = "idle";
  #webSocket: WebSocketClient | undefined;
  /** Bytes of MQTT that are no whole packet yet. */
  #held: Buffer = Buffer.alloc(0);
  #bytesReceived = 0;
  #isAccepted = false;
  /** What the broker speaks, from its CONNACK. */
  #version: 4 | 5;
  #probe = "";
  /** When the last request was sent. */
  #askedMs: Millis = 0;
  #deadlineMs: Millis | undefined;

  constructor(spec: DialogueSpec) {
    this.#spec = spec;
    this.#version = spec.mqtt.version;
  }

  /** What has not come, for whoever gives up waiting. */
  get waitingFor(): string {
    return WAITING_FOR[this.#stage];
  }

  poll(): DialogueEffect | undefined {
    return this.#effects.shift();
  }

  nextTimeout(): Millis | undefined {
    return this.#deadlineMs;
  }

  handle(event: DialogueEvent, nowMs: Millis): void {
    if (this.#stage === "done") return;
    switch (event.kind) {
      case "start":
        return this.#onStart(nowMs);
      case "data":
        return this.#onData(event.bytes, nowMs);
      case "ended":
        return this.#onEnded();
      case "timeout": {
        if (this.#deadlineMs === undefined || nowMs < this.#deadlineMs) return;
        const within = this.#spec.mqtt.publish?.withinMs ?? 0;
        return this.#decide("L7TOUT", 0, `${this.waitingFor} within ${within}ms`);
      }
    }
  }

  #onStart(nowMs: Millis): void {
    const { mqtt, clientId, host } = this.#spec;
    if (mqtt.webSocketPath === undefined) return this.#connect(nowMs);
    this.#webSocket = new WebSocketClient(host, mqtt.webSocketPath, `${clientId} ${nowMs}`);
    this.#effects.push({ kind: "send", bytes: this.#webSocket.request() });
    this.#stage = "upgrade";
  }

  #onData(bytes: Uint8Array, nowMs: Millis): void {
    this.#bytesReceived += bytes.length;
    if (this.#bytesReceived > CHECK_ANSWER_BYTES_MAX) {
      const text = `the broker sent more than ${CHECK_ANSWER_BYTES_MAX} bytes`;
      return this.#decide("L7RSP", 0, text);
    }
    if (this.#webSocket === undefined) return this.#onPayload(bytes, nowMs);
    const input = this.#webSocket.receive(bytes);
    if (input.hasOpened) this.#connect(nowMs);
    if (input.replies.length > 0) this.#effects.push({ kind: "send", bytes: input.replies });
    this.#onPayload(input.payload, nowMs);
    const { problem } = input;
    if (problem?.status !== undefined) this.#decide("L7STS", problem.status, problem.text);
    else if (problem !== undefined) this.#decide("L7RSP", 0, problem.text);
    else if (input.isEnded) this.#onEnded();
  }

  /** The `decide` of a broker that hangs up: the wait is over without an answer. */
  #onEnded(): void {
    this.#decide("L7RSP", 0, `connection closed: ${this.waitingFor}`);
  }

  #onPayload(bytes: Uint8Array, nowMs: Millis): void {
    this.#held = Buffer.concat([this.#held, bytes]);
    while (this.#isOngoing() && this.#held.length > 0) {
      const byteCount = this.#stage === "connack" ? this.#takeConnack(nowMs) : this.#take(nowMs);
      if (byteCount === undefined) return;
      this.#held = this.#held.subarray(byteCount);
    }
  }

  #isOngoing(): boolean {
    return this.#stage !== "done";
  }

  #connect(nowMs: Millis): void {
    const { mqtt, clientId } = this.#spec;
    this.#askedMs = nowMs;
    this.#stage = "connack";
    this.#sendBytes(encodeConnect(clientId, mqtt));
  }

  /** Judges the first packet; how long it is, or `undefined` while it is incomplete. */
  #takeConnack(nowMs: Millis): number | undefined {
    const found = inspectFirstPacket(this.#held, CHECK_ANSWER_BYTES_MAX);
    switch (found.kind) {
      case "need-more":
        return undefined;
      case "malformed":
        this.#decide("L7RSP", 0, `invalid CONNACK: ${found.reason}`);
        return undefined;
      case "connect":
        this.#decide("L7RSP", 0, "invalid CONNACK: it is a CONNECT");
        return undefined;
      case "connack":
        this.#onConnack(found.packet, nowMs);
        return found.byteCount;
    }
  }

  #onConnack(packet: ConnackFacts, nowMs: Millis): void {
    const { mqtt } = this.#spec;
    const { reasonCode, protocolVersion } = packet;
    const text = describeReason(protocolVersion, reasonCode);
    if (reasonCode !== 0) {
      // Without a user name the check asks only whether the broker answers, and it does.
      const isKnock = mqtt.username === undefined && mqtt.publish === undefined;
      if (isKnock && isAboutCredentials(protocolVersion, reasonCode)) {
        const answerMs = nowMs - this.#askedMs;
        return this.#decide("L7OK", reasonCode, `${text}, but the broker answers`, answerMs);
      }
      return this.#decide("L7STS", reasonCode, text);
    }
    this.#version = protocolVersion;
    this.#isAccepted = true;
    if (mqtt.version !== protocolVersion) {
      return this.#decide("L7RSP", 0, "invalid CONNACK: of another version than the CONNECT");
    }
    if (mqtt.publish === undefined) {
      return this.#decide("L7OK", 0, "(mqtt-check)", nowMs - this.#askedMs);
    }
    this.#stage = "suback";
    this.#probe = `${this.#spec.clientId} ${nowMs}`;
    const { topic } = mqtt.publish;
    const subscriptions = [{ topic, qos: 1 as const }];
    this.#send({ cmd: "subscribe", messageId: SUBSCRIBE_ID, subscriptions });
  }

  /** Judges the next packet; as `#takeConnack`. */
  #take(nowMs: Millis): number | undefined {
    const byteCount = frameLength(this.#held);
    if (byteCount === "malformed") {
      this.#decide("L7RSP", 0, "invalid packet: its remaining length");
      return undefined;
    }
    if (byteCount === undefined || this.#held.length < byteCount) return undefined;
    const packet = parseFrame(this.#held.subarray(0, byteCount), this.#version);
    if (typeof packet === "string") this.#decide("L7RSP", 0, `invalid packet: ${packet}`);
    else this.#onPacket(packet, nowMs);
    return byteCount;
  }

  #onPacket(packet: Packet, nowMs: Millis): void {
    switch (packet.cmd) {
      case "suback": {
        if (this.#stage !== "suback" || packet.messageId !== SUBSCRIBE_ID) return;
        const granted = packet.granted[0];
        const code = typeof granted === "number" ? granted : 0x80;
        if (code < 0x80) return this.#publish(nowMs);
        return this.#refused("SUBSCRIBE", code);
      }
      case "puback": {
        const code = packet.reasonCode ?? 0;
        if (packet.messageId === PUBLISH_ID && code >= 0x80) this.#refused("PUBLISH", code);
        return;
      }
      case "publish": {
        const { messageId, qos, topic, payload } = packet;
        if (qos === 1 && messageId !== undefined) this.#send({ cmd: "puback", messageId });
        if (this.#stage !== "message" || topic !== this.#spec.mqtt.publish?.topic) return;
        // Others may use the topic, too.
        if (payload.toString() !== this.#probe) return;
        const answerMs = nowMs - this.#askedMs;
        const text = `(mqtt-check) message back after ${Math.floor(answerMs)}ms`;
        return this.#decide("L7OK", 0, text, answerMs);
      }
      case "disconnect":
        this.#isAccepted = false;
        return this.#refused("connection", packet.reasonCode ?? 0);
      default:
        return;
    }
  }

  #refused(what: string, code: number): void {
    const text = describeReason(this.#version, code);
    this.#decide("L7STS", code, `${what} refused: ${text}`);
  }

  #publish(nowMs: Millis): void {
    const { topic, withinMs } = this.#spec.mqtt.publish!;
    this.#stage = "message";
    this.#askedMs = nowMs;
    if (withinMs !== undefined) this.#deadlineMs = nowMs + withinMs;
    const rest = { qos: 1, dup: false, retain: false, payload: this.#probe } as const;
    this.#send({ cmd: "publish", messageId: PUBLISH_ID, topic, ...rest });
  }

  #send(packet: Packet): void {
    this.#sendBytes(generate(packet, { protocolVersion: this.#version }));
  }

  #sendBytes(bytes: Uint8Array): void {
    this.#effects.push({ kind: "send", bytes: this.#webSocket?.wrap(bytes) ?? bytes });
  }

  /** The one way to `done`. */
  #decide(code: CheckCode, status: number, info: string, answerMs?: Millis): void {
    if (this.#stage === "done") return;
    const isPolite = this.#isAccepted && code === "L7OK";
    if (isPolite) this.#send({ cmd: "disconnect" });
    this.#stage = "done";
    this.#deadlineMs = undefined;
    const took = answerMs === undefined ? {} : { answerMs };
    this.#effects.push({ kind: "verdict", code, status, info, isPolite, ...took });
  }
}

/** The length of the whole first packet, once its fixed header is there (MQTT 5.0 §2.1.4). */
function frameLength(bytes: Uint8Array): number | "malformed" | undefined {
  let remaining = 0;
  for (let at = 1; at <= 4; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    remaining += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return at + 1 + remaining;
  }
  return "malformed";
}
