import { generate, type Packet } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import type { MqttCheck } from "../../../src/config/model/check.ts";
import {
  type DialogueEffect,
  type DialogueEvent,
  MqttDialogue,
} from "../../../src/health/mqtt-dialogue.ts";
import { CHECK_ANSWER_BYTES_MAX } from "../../../src/limits.ts";

const PLAIN: MqttCheck = { version: 4, clientIdPrefix: "t", keepaliveSeconds: 10 };

/** Feeds events, each a millisecond after the one before; bytes may stand for `data`. */
function play(
  mqtt: Partial<MqttCheck>,
  events: readonly (DialogueEvent | string | Packet)[],
): readonly DialogueEffect[] {
  const spec = { mqtt: { ...PLAIN, ...mqtt }, clientId: "c1", host: "b:1883" };
  const dialogue = new MqttDialogue(spec);
  const effects: DialogueEffect[] = [];
  let nowMs = 1_000;
  for (const event of [{ kind: "start" } as const, ...events]) {
    dialogue.handle(eventOf(event, spec.mqtt.version), nowMs++);
    for (let effect = dialogue.poll(); effect; effect = dialogue.poll()) effects.push(effect);
  }
  return effects;
}

function eventOf(event: DialogueEvent | string | Packet, version: 4 | 5): DialogueEvent {
  if (typeof event === "string") return { kind: "data", bytes: Buffer.from(event, "hex") };
  if ("kind" in event) return event;
  return { kind: "data", bytes: generate(event, { protocolVersion: version }) };
}

/** What was sent, in hexadecimal, and the verdict in short. */
function shown(effects: readonly DialogueEffect[]): readonly string[] {
  return effects.map((effect) =>
    effect.kind === "send"
      ? Buffer.from(effect.bytes).toString("hex")
      : `${effect.code}/${effect.status} ${effect.info}`,
  );
}

const ACCEPTED = "20020000";
const CONNECT_311 = "100e00044d5154540402000a00026331";
const CONNECT_5 = "100f00044d5154540502000a0000026331";
const GOODBYE = { 4: "e000", 5: "e0020000" } as const;

describe("MqttDialogue", () => {
  test("sends a CONNECT of 3.1.1, passes with its CONNACK and takes its leave", () => {
    const effects = play({}, [ACCEPTED]);
    expect(shown(effects)).toEqual([CONNECT_311, GOODBYE[4], "L7OK/0 (mqtt-check)"]);
    expect(effects.at(-1)).toMatchObject({ isPolite: true });
  });

  test("sends a CONNECT of 5, with an answer in single bytes", () => {
    const effects = play({ version: 5 }, ["20", "03", "00", "00", "00"]);
    expect(shown(effects)).toEqual([CONNECT_5, GOODBYE[5], "L7OK/0 (mqtt-check)"]);
  });

  test("says user name, password and keep-alive", () => {
    const [connect] = shown(play({ username: "u", password: "pw", keepaliveSeconds: 300 }, []));
    expect(connect).toBe("101500044d51545404c2012c000263310001750002" + "7077");
  });

  test.each([
    [4, "20020003", "L7STS/3 Server unavailable"],
    [4, "20020002", "L7STS/2 Identifier rejected"],
    [5, "2003008800", "L7STS/136 Server unavailable"],
    [5, "20020001", "L7STS/1 Unacceptable protocol version"],
    [4, "20020005", "L7OK/5 Not authorized, but the broker answers"],
    [5, "2003008600", "L7OK/134 Bad user name or password, but the broker answers"],
  ] as const)("version %s without a user: %s is %s", (version, answer, verdict) => {
    const effects = play({ version }, [answer]);
    expect(shown(effects).slice(1)).toEqual([verdict]);
    expect(effects.at(-1)).toMatchObject({ isPolite: false });
  });

  test.each([
    ["20020004", "L7STS/4 Bad user name or password"],
    ["20020005", "L7STS/5 Not authorized"],
  ])("with a user name %s is %s", (answer, verdict) => {
    expect(shown(play({ username: "u", password: "x" }, [answer])).slice(1)).toEqual([verdict]);
  });

  test.each([
    ["485454502f312e31", "L7RSP/0 invalid CONNACK: The first byte is 0x48"],
    ["20ffffffff7f", "L7RSP/0 invalid CONNACK: The remaining length"],
    [CONNECT_311, "L7RSP/0 invalid CONNACK: it is a CONNECT"],
    ["20020009", "L7RSP/0 invalid CONNACK: Reason code 9 is unknown"],
    ["2003000000", "L7RSP/0 invalid CONNACK: of another version than the CONNECT"],
  ])("nonsense %s is %s", (answer, verdict) => {
    expect(shown(play({}, [answer])).at(-1)).toContain(verdict);
  });

  test("tells how long the answer took that a pass was decided by", () => {
    const spec = { mqtt: { ...PLAIN, publish: { topic: "t" } }, clientId: "c", host: "b" };
    const told: DialogueEffect[] = [];
    const dialogue = new MqttDialogue(spec);
    const tell = (event: DialogueEvent, nowMs: number): void => {
      dialogue.handle(event, nowMs);
      for (let one = dialogue.poll(); one; one = dialogue.poll()) told.push(one);
    };
    const data = (packet: Packet): DialogueEvent => ({ kind: "data", bytes: generate(packet) });
    tell({ kind: "start" }, 0);
    tell(data({ cmd: "connack", sessionPresent: false, returnCode: 0 }), 900);
    tell(data({ cmd: "suback", messageId: 1, granted: [1] }), 1_000);
    const payload = "c 900";
    tell(data({ cmd: "publish", topic: "t", payload, qos: 0, dup: false, retain: false }), 1_030);
    expect(told.at(-1)).toMatchObject({ kind: "verdict", code: "L7OK", answerMs: 30 });
  });

  test("a broker that closes without a CONNACK has answered wrongly", () => {
    expect(shown(play({}, [{ kind: "ended" }])).at(-1)).toBe(
      "L7RSP/0 connection closed: no CONNACK",
    );
  });

  test("names what it waits for", () => {
    const dialogue = new MqttDialogue({ mqtt: PLAIN, clientId: "c", host: "b" });
    dialogue.handle({ kind: "start" }, 0);
    expect(dialogue.waitingFor).toBe("no CONNACK");
    expect(dialogue.nextTimeout()).toBeUndefined();
  });

  test("takes a bounded number of bytes", () => {
    const mqtt = { publish: { topic: "t" } };
    const pings = "d000".repeat(CHECK_ANSWER_BYTES_MAX / 2);
    const effects = play(mqtt, [ACCEPTED, pings]);
    const text = `L7RSP/0 the broker sent more than ${CHECK_ANSWER_BYTES_MAX} bytes`;
    expect(shown(effects).at(-1)).toBe(text);
  });
});

describe("MqttDialogue with a probe message", () => {
  const mqtt = { publish: { topic: "probe/1", withinMs: 50 } };
  const SUBACK: Packet = { cmd: "suback", messageId: 1, granted: [1] };
  const PUBACK: Packet = { cmd: "puback", messageId: 2 };
  const BACK: Packet = {
    cmd: "publish",
    topic: "probe/1",
    payload: "c1 1001",
    qos: 1,
    messageId: 7,
    dup: false,
    retain: false,
  };

  test.each([4, 5] as const)("passes once the message is back (version level %s)", (version) => {
    const connack = version === 4 ? ACCEPTED : "2003000000";
    const effects = play({ ...mqtt, version }, [connack, SUBACK, PUBACK, BACK]);
    const none = version === 4 ? "" : "00";
    expect(shown(effects).slice(1)).toEqual([
      `82${version === 4 ? "0c" : "0d"}0001${none}000770726f62652f3101`,
      `32${version === 4 ? "12" : "13"}000770726f62652f310002${none}63312031303031`,
      version === 4 ? "40020007" : "400400070000",
      GOODBYE[version],
      "L7OK/0 (mqtt-check) message back after 2ms",
    ]);
  });

  test("does not take another's message for its own", () => {
    const effects = play(mqtt, [ACCEPTED, SUBACK, { ...BACK, payload: "c2 1001" }]);
    expect(effects.some(({ kind }) => kind === "verdict")).toBe(false);
  });

  test("fails when the message takes too long", () => {
    const spec = { mqtt: { ...PLAIN, ...mqtt }, clientId: "c1", host: "b" };
    const dialogue = new MqttDialogue(spec);
    dialogue.handle({ kind: "start" }, 0);
    dialogue.handle(eventOf(ACCEPTED, 4), 1);
    expect(dialogue.nextTimeout()).toBeUndefined();
    dialogue.handle(eventOf(SUBACK, 4), 2);
    expect(dialogue.nextTimeout()).toBe(52);
    const effects: DialogueEffect[] = [];
    for (const nowMs of [51, 52]) dialogue.handle({ kind: "timeout" }, nowMs);
    for (let effect = dialogue.poll(); effect; effect = dialogue.poll()) effects.push(effect);
    const text = "L7TOUT/0 the probe message has not come back within 50ms";
    expect(shown(effects).at(-1)).toBe(text);
  });

  test.each([
    [{ cmd: "suback", messageId: 1, granted: [0x80] }, "L7STS/128 SUBSCRIBE refused: Failure"],
    ["900400010087", "L7STS/135 SUBSCRIBE refused: Not authorized"],
    ["e00189", "L7STS/137 connection refused: Server busy"],
  ] as readonly (readonly [Packet | string, string])[])("is refused by %s", (packet, verdict) => {
    const isNew = typeof packet === "string";
    const effects = play({ ...mqtt, version: isNew ? 5 : 4 }, [
      isNew ? "2003000000" : ACCEPTED,
      packet,
    ]);
    expect(shown(effects).at(-1)).toBe(verdict);
  });

  test("a PUBACK of MQTT 5 may refuse it", () => {
    const effects = play({ ...mqtt, version: 5 }, ["2003000000", SUBACK, "4004000297" + "00"]);
    expect(shown(effects).at(-1)).toBe("L7STS/151 PUBLISH refused: Quota exceeded");
  });

  test("credentials that are asked for count, as the message needs them", () => {
    expect(shown(play(mqtt, ["20020005"])).at(-1)).toBe("L7STS/5 Not authorized");
  });
});
