// What a client's CONNECT says (MQTT 5.0 §3.1, MQTT 3.1.1 §3.1). Directives of Tandem: HAProxy has the
// same facts as text only, by `req.payload(0,0),mqtt_field_value(...)`.
//
// The first packet is parsed by the first of these fetches, or of HAProxy's converters, that looks at it;
// the others find it parsed. They wait while it is incomplete, and have no value once it is no CONNECT.
import { inspectOnce } from "../../mqtt/cached-inspection.ts";
import type { ConnectFacts } from "../../mqtt/inspect.ts";
import { sessionExpirySeconds } from "../../mqtt/session-expiry.ts";
import { byteStringOfText } from "../bytes.ts";
import type { FetchDefinition } from "../definition.ts";
import type { Fetched } from "../sample.ts";

/** Empty counts as absent: clients that leave the choice to the broker are not one and the same. */
function text(value: string | undefined): Fetched {
  return value === undefined || value === ""
    ? "none"
    : { type: "str", value: byteStringOfText(value) };
}

function connectFetch(
  name: string,
  output: FetchDefinition["output"],
  description: string,
  read: (connect: ConnectFacts) => Fetched,
): FetchDefinition {
  return {
    names: [`mqtt.${name}`],
    args: [],
    output,
    source: "request",
    description,
    make:
      () =>
      ({ request }) => {
        const found = inspectOnce(request.bytes, request.bytesMax);
        if (found.kind === "need-more") return request.final ? "none" : "wait";
        return found.kind === "connect" ? read(found.packet) : "none";
      },
  };
}

/** `mqtt.<field>` of the CONNECT. */
export const MQTT_FETCHES: readonly FetchDefinition[] = [
  connectFetch("client_id", "str", "The client identifier; none if it is empty.", (connect) =>
    text(connect.clientId),
  ),
  connectFetch("username", "str", "The user name; none if it is absent or empty.", (connect) =>
    text(connect.username),
  ),
  connectFetch("keepalive", "int", "The keep alive in seconds; 0 for none.", (connect) => ({
    type: "int",
    value: connect.keepaliveSeconds,
  })),
  connectFetch(
    "clean_start",
    "bool",
    "Whether the client begins a new session (before MQTT 5: clean session).",
    (connect) => ({ type: "bool", value: connect.clean }),
  ),
  connectFetch(
    "session_expiry",
    "int",
    "Seconds that the session outlives the connection; 4294967295 for ever.",
    (connect) => ({ type: "int", value: sessionExpirySeconds(connect) }),
  ),
  connectFetch(
    "protocol_version",
    "int",
    "The protocol level: 3 for MQTT 3.1, 4 for 3.1.1, 5.",
    (connect) => ({ type: "int", value: connect.protocolVersion }),
  ),
  connectFetch("will", "bool", "Whether the client leaves a will.", (connect) => ({
    type: "bool",
    value: connect.will !== undefined,
  })),
  connectFetch("will_topic", "str", "The topic of the will; none without a will.", (connect) =>
    text(connect.will?.topic),
  ),
];
