// The first bytes of a connection (haproxy configuration §7.3.5). More bytes may follow until the
// view is final: what needs them answers `wait`. Unlike HAProxy, an empty buffer is never taken
// for an answer while more may come.
import type { PayloadView, RuleContext } from "../context.ts";
import type { ArgumentSpec, FetchDefinition, FetchFunction } from "../definition.ts";
import type { Fetched } from "../sample.ts";
import { type ClientHello, inspectHello } from "./client-hello.ts";

type Pick = (context: RuleContext) => PayloadView | undefined;

const request: Pick = (context) => context.request;
const response: Pick = (context) => context.response;

function missing(view: PayloadView): Fetched {
  return view.final ? "none" : "wait";
}

const OFFSET: ArgumentSpec = { name: "offset", type: "integer" };
const LENGTH: ArgumentSpec = { name: "length", type: "integer" };

function checkNotNegative(args: readonly string[]): string | undefined {
  return args.some((arg) => Number(arg) < 0) ? "offset and length must not be negative" : undefined;
}

function makePayload(pick: Pick, args: readonly string[]): FetchFunction {
  const offset = Number(args[0]);
  const length = Number(args[1]);
  return (context) => {
    const view = pick(context);
    if (view === undefined) return "none";
    const { bytes } = view;
    if (bytes.length < offset + length || (bytes.length === 0 && !view.final)) {
      return missing(view);
    }
    // The view itself where it is meant whole: what is parsed once is known by its identity.
    if (offset === 0 && length === 0) return { type: "bin", value: bytes };
    const end = length === 0 ? bytes.length : offset + length;
    return { type: "bin", value: bytes.subarray(offset, end) };
  };
}

function checkLengthValue(args: readonly string[]): string | undefined {
  if (Number(args[1]) <= 0) return "payload length must be > 0";
  const offset = args[2];
  if (offset === undefined || offset === "" || /^[+-]?\d+$/.test(offset)) return undefined;
  return `invalid offset '${offset}'`;
}

/** `(offset1,length[,offset2])`: a length field, then that many bytes. */
function makeLengthValue(pick: Pick, args: readonly string[]): FetchFunction {
  const lengthAt = Number(args[0]);
  const lengthBytes = Number(args[1]);
  const given = args[2] ?? "";
  const signed = /^[+-]/.test(given);
  return (context) => {
    const view = pick(context);
    if (view === undefined) return "none";
    const { bytes } = view;
    if (bytes.length < lengthAt + lengthBytes) return missing(view);
    let length = 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + bytes[lengthAt + i]!;
    const behind = lengthAt + lengthBytes;
    const start = given === "" ? behind : signed ? behind + Number(given) : Number(given);
    if (start < 0 || length === 0) return "none";
    if (bytes.length < start + length) return missing(view);
    return { type: "bin", value: bytes.subarray(start, start + length) };
  };
}

function bufferFetches(
  prefix: "req" | "res",
  pick: Pick,
  aliases: { readonly payload: string[]; readonly payloadLv: string[]; readonly length: string[] },
): readonly FetchDefinition[] {
  const source = prefix === "req" ? "request" : "response";
  const whose = prefix === "req" ? "the client's" : "the server's";
  return [
    {
      names: [`${prefix}.len`, ...aliases.length],
      args: [],
      output: "int",
      source,
      description: `How many of ${whose} first bytes have arrived.`,
      openEnded: () => true,
      make: () => (context) => {
        const view = pick(context);
        return view === undefined ? "none" : { type: "int", value: view.bytes.length };
      },
    },
    {
      names: [`${prefix}.payload`, ...aliases.payload],
      args: [OFFSET, LENGTH],
      output: "bin",
      source,
      description: `A part of ${whose} first bytes; length 0 takes all there are.`,
      openEnded: ([, length]) => Number(length) === 0,
      check: checkNotNegative,
      make: (args) => makePayload(pick, args),
    },
    {
      names: [`${prefix}.payload_lv`, ...aliases.payloadLv],
      args: [OFFSET, LENGTH, { name: "offset2", type: "string", optional: true }],
      output: "bin",
      source,
      description: `A part of ${whose} first bytes whose length stands in a field before it.`,
      check: checkLengthValue,
      make: (args) => makeLengthValue(pick, args),
    },
  ];
}

function helloFetch(
  names: readonly string[],
  output: FetchDefinition["output"],
  description: string,
  read: (hello: ClientHello) => Fetched,
  pick: Pick = request,
): FetchDefinition {
  return {
    names,
    args: [],
    output,
    source: pick === request ? "request" : "response",
    description,
    make: () => (context) => {
      const view = pick(context);
      if (view === undefined) return "none";
      const inspection = inspectHello(view.bytes);
      if (inspection.kind === "need-more") return missing(view);
      return inspection.kind === "hello" ? read(inspection.hello) : "none";
    },
  };
}

function text(value: string | undefined): Fetched {
  return value === undefined ? "none" : { type: "str", value };
}

function clientOnly(read: (hello: ClientHello) => Fetched): (hello: ClientHello) => Fetched {
  return (hello) => (hello.helloType === 1 ? read(hello) : "none");
}

/** First bytes and what a TLS hello among them says. */
export const PAYLOAD_FETCHES: readonly FetchDefinition[] = [
  ...bufferFetches("req", request, {
    payload: ["payload"],
    payloadLv: ["payload_lv"],
    length: ["req_len"],
  }),
  ...bufferFetches("res", response, { payload: [], payloadLv: [], length: [] }),
  helloFetch(
    ["req.ssl_hello_type", "req_ssl_hello_type"],
    "int",
    "1 for a TLS ClientHello.",
    (h) => ({
      type: "int",
      value: h.helloType,
    }),
  ),
  helloFetch(
    ["res.ssl_hello_type", "rep_ssl_hello_type"],
    "int",
    "2 for a TLS ServerHello.",
    (h) => ({ type: "int", value: h.helloType }),
    response,
  ),
  helloFetch(
    ["req.ssl_sni", "req_ssl_sni"],
    "str",
    "The server name of a TLS ClientHello that passes through.",
    clientOnly((h) => text(h.serverName)),
  ),
  helloFetch(
    ["req.ssl_alpn"],
    "str",
    "The first ALPN protocol of a TLS ClientHello that passes through.",
    clientOnly((h) => text(h.alpn)),
  ),
  helloFetch(
    ["req.ssl_ver", "req_ssl_ver"],
    "int",
    "The highest TLS version offered, as 65536 * major + minor (patterns: 3.3).",
    clientOnly((h) => ({ type: "int", value: h.version })),
  ),
  helloFetch(
    ["req.ssl_ec_ext"],
    "bool",
    "Whether a TLS ClientHello carries the elliptic curves extension.",
    clientOnly((h) => ({ type: "bool", value: h.hasEcExtension })),
  ),
  {
    names: ["wait_end"],
    args: [],
    output: "bool",
    source: "request",
    description: "True once the inspection is over; until then, rules wait.",
    make: () => (context) => (context.request.final ? { type: "bool", value: true } : "wait"),
  },
];
