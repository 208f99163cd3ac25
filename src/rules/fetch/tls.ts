// TLS that is terminated here, on the client's or the server's side (haproxy configuration
// §7.3.4). Without TLS only `ssl_fc` and `ssl_bc` answer.
import type { PeerCertificate, TlsFacts } from "../../session/mover.ts";
import { byteStringOfText } from "../bytes.ts";
import type { RuleContext } from "../context.ts";
import type { ArgumentSpec, FetchDefinition } from "../definition.ts";
import type { Fetched, Sample } from "../sample.ts";
import { alternativeName, checkNameKind } from "./alternative-names.ts";

type Side = "tls" | "server-tls";

function factsOf(context: RuleContext, side: Side): TlsFacts | undefined {
  return side === "tls" ? context.tls : context.serverTls;
}

function text(value: string | undefined): Fetched {
  return value === undefined || value === ""
    ? "none"
    : { type: "str", value: byteStringOfText(value) };
}

function bool(value: boolean): Sample {
  return { type: "bool", value };
}

function factFetch(
  side: Side,
  name: string,
  output: FetchDefinition["output"],
  description: string,
  read: (facts: TlsFacts) => Fetched,
): FetchDefinition {
  return {
    names: [name],
    args: [],
    output,
    source: side,
    description,
    make: () => (context) => {
      const facts = factsOf(context, side);
      return facts === undefined ? "none" : read(facts);
    },
  };
}

function connectionFetches(prefix: "ssl_fc" | "ssl_bc", side: Side): readonly FetchDefinition[] {
  const whose = side === "tls" ? "client's" : "server's";
  const fact = (
    name: string,
    output: FetchDefinition["output"],
    description: string,
    read: (facts: TlsFacts) => Fetched,
  ): FetchDefinition => factFetch(side, `${prefix}${name}`, output, description, read);
  return [
    {
      names: [prefix],
      args: [],
      output: "bool",
      source: side,
      description: `Whether the ${whose} connection is TLS ended here.`,
      make: () => (context) => bool(factsOf(context, side) !== undefined),
    },
    fact("_protocol", "str", `The TLS version of the ${whose} connection.`, (f) =>
      text(f.protocol),
    ),
    fact("_cipher", "str", `The cipher of the ${whose} connection.`, (f) => text(f.cipher)),
    fact("_alpn", "str", `The protocol negotiated by ALPN.`, (f) => text(f.alpn)),
    fact("_is_resumed", "bool", "Whether the TLS session was resumed.", (f) => bool(f.resumed)),
  ];
}

/**
 * The attribute of a distinguished name such as `/C=DE/CN=a`, the nth of its kind or from the end;
 * the case of the attribute's name does not matter.
 */
export function nameEntry(
  distinguished: string,
  attribute: string,
  nth: number,
): string | undefined {
  const values: string[] = [];
  const wanted = attribute.toLowerCase();
  for (const part of distinguished.split(/\/(?=[A-Za-z0-9.]+=)/)) {
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(equals, 0)).toLowerCase();
    if (name === wanted) values.push(part.slice(equals + 1));
  }
  return nth >= 0 ? values[Math.max(nth, 1) - 1] : values[values.length + nth];
}

const NAME_ARGS: readonly ArgumentSpec[] = [
  { name: "entry", type: "string", optional: true },
  { name: "occurrence", type: "integer", optional: true },
  { name: "format", type: "string", optional: true },
];

function certificateFetch(
  name: string,
  output: FetchDefinition["output"],
  description: string,
  read: (certificate: PeerCertificate, args: readonly string[]) => Fetched,
  args: readonly ArgumentSpec[] = [],
): FetchDefinition {
  return {
    names: [name],
    args,
    output,
    source: "tls",
    description,
    make: (given) => (context) => {
      const certificate = context.tls?.peer;
      return certificate === undefined ? "none" : read(certificate, given);
    },
  };
}

function distinguishedName(name: string, args: readonly string[]): Fetched {
  const [entry = "", occurrence = ""] = args;
  if (entry === "") return text(name);
  return text(nameEntry(name, entry, occurrence === "" ? 1 : Number(occurrence)));
}

/** OpenSSL prints serial numbers in hexadecimal; the sample holds their bytes. */
function serialBytes(serial: string): Fetched {
  const hex = serial.replace(/[^0-9a-fA-F]/g, "");
  return { type: "bin", value: Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex") };
}

/** TLS facts of both sides and of the client's certificate. */
export const TLS_FETCHES: readonly FetchDefinition[] = [
  ...connectionFetches("ssl_fc", "tls"),
  ...connectionFetches("ssl_bc", "server-tls"),
  factFetch("tls", "ssl_fc_sni", "str", "The server name that the client asked for.", (f) =>
    text(f.serverName),
  ),
  factFetch("tls", "ssl_fc_has_sni", "bool", "Whether the client sent a server name.", (f) =>
    bool(f.serverName !== undefined),
  ),
  factFetch("tls", "ssl_fc_has_crt", "bool", "Whether the client sent a certificate.", (f) =>
    bool(f.peer !== undefined),
  ),
  factFetch("tls", "ssl_c_used", "bool", "Whether a client certificate is in use.", (f) =>
    bool(f.peer !== undefined),
  ),
  factFetch("tls", "ssl_c_verify", "int", "OpenSSL's verify code, 0 when right.", (f) => ({
    type: "int",
    value: f.verifyResult,
  })),
  certificateFetch(
    "ssl_c_s_dn",
    "str",
    "The subject of the client certificate, or one entry of it.",
    (certificate, args) => distinguishedName(certificate.subject, args),
    NAME_ARGS,
  ),
  certificateFetch(
    "ssl_c_i_dn",
    "str",
    "The issuer of the client certificate, or one entry of it.",
    (certificate, args) => distinguishedName(certificate.issuer, args),
    NAME_ARGS,
  ),
  {
    ...certificateFetch(
      "ssl_c_san",
      "str",
      "The first alternative name of the client certificate, or the nth of a kind (ours).",
      ({ der }, [kind = "", nth = ""]) =>
        text(alternativeName(der, kind, nth === "" ? 1 : Number(nth))),
      [
        { name: "kind", type: "string", optional: true },
        { name: "occurrence", type: "integer", optional: true },
      ],
    ),
    check: checkNameKind,
  },
  certificateFetch("ssl_c_serial", "bin", "The serial number of the client certificate.", (c) =>
    serialBytes(c.serial),
  ),
  certificateFetch("ssl_c_sha1", "bin", "The SHA-1 fingerprint of the certificate.", (c) => ({
    type: "bin",
    value: c.sha1,
  })),
  certificateFetch("ssl_c_der", "bin", "The client certificate in DER form.", (c) => ({
    type: "bin",
    value: c.der,
  })),
  certificateFetch("ssl_c_notbefore", "str", "Its start, YYMMDDhhmmssZ.", (c) => text(c.notBefore)),
  certificateFetch("ssl_c_notafter", "str", "Its end, YYMMDDhhmmssZ.", (c) => text(c.notAfter)),
  certificateFetch("ssl_c_key_alg", "str", "The algorithm of its key.", (c) =>
    text(c.keyAlgorithm),
  ),
  certificateFetch("ssl_c_sig_alg", "str", "The algorithm of its signature.", (c) =>
    text(c.signatureAlgorithm),
  ),
];
