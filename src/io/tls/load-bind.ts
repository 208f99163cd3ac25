import tls from "node:tls";
import type { DiagnosticSink } from "../../base/diagnostic.ts";
import type { Bind, BindAddress } from "../../config/model/bind.ts";
import type { BindTls, SslDefaults } from "../../config/model/tls.ts";
import type { CertificateAlgorithms } from "../../session/mover.ts";
import type { PemOutcome } from "./authorities.ts";
import { readAuthorities } from "./authorities.ts";
import type { FoundFiles } from "./certificate-files.ts";
import { findCertificates, findListed, withBase } from "./certificate-files.ts";
import { readCertificate } from "./certificate.ts";
import type { ServerSideTls } from "./context.ts";
import { contextOptions, leavesVersions, withDefaults } from "./settings.ts";
import type { SniEntry } from "./sni.ts";
import { SniTable } from "./sni.ts";

/** The section that a `bind` line stands in. */
export interface BindOwner {
  readonly kind: "frontend" | "backend" | "listen" | "peers";
  readonly name: string;
}

/** A certificate ready for handshakes. */
interface Loaded {
  readonly context: tls.SecureContext;
  readonly options: tls.SecureContextOptions;
  readonly algorithms: CertificateAlgorithms;
}

/** `bind ... ssl ...`: the context, or `undefined` after reporting why there is none. */
export function loadBindTls(
  bind: Bind,
  line: BindTls,
  owner: BindOwner,
  defaults: SslDefaults,
  sink: DiagnosticSink,
): ServerSideTls | undefined {
  const report = new BindReport(bind, owner, sink);
  const settings = withDefaults(line, defaults.bind);
  const base = {
    ...contextOptions(settings),
    ...readTrust(line, defaults, report),
    // Sessions of one listener are not those of another, which may ask for other certificates.
    sessionIdContext: sessionIdContext(bind),
  };
  if (!leavesVersions(settings)) {
    report.proxyAlert((where) => `all SSL/TLS versions are disabled for ${where}.`);
  }
  if (line.verify !== "none" && line.caFile === undefined) {
    report.proxyAlert((where) => `verify is enabled but no CA file specified for ${where}.`);
  }
  const problem = findSettingsProblem(base, settings);
  if (problem !== undefined) report.proxyAlert((where) => `${problem} for ${where}.`);
  const found = findAll(line, defaults);
  const entries = problem === undefined ? loadAll(found, base, report) : [];
  for (const one of found.problems) report.lineProblem(one.severity, one.message);
  if (entries.length === 0 && !report.hasAlerts) {
    report.proxyAlert((where) => `no SSL certificate specified for ${where} (use 'crt').`);
  }
  const first = entries[0]?.certificate;
  if (report.hasAlerts || first === undefined) return undefined;
  return buildContext(line, settings.alpn, first, new SniTable(entries));
}

type SniAnswer = (error: Error | null, context?: tls.SecureContext) => void;

function buildContext(
  line: BindTls,
  alpn: readonly string[] | undefined,
  first: Loaded,
  table: SniTable<Loaded>,
): ServerSideTls {
  const choice = {
    SNICallback(serverName: string, answer: SniAnswer): void {
      const chosen = table.find(serverName);
      if (chosen !== undefined) answer(null, chosen.context);
      else if (line.strictSni) answer(new Error(`No certificate for "${serverName}"`));
      else answer(null, first.context);
    },
    ...(alpn && alpn.length > 0 && { ALPNProtocols: [...alpn] }),
  };
  return {
    tlsContext: true,
    side: "server",
    verify: line.verify,
    strictSni: line.strictSni,
    options: { ...choice, secureContext: first.context },
    serverOptions: { ...choice, ...first.options },
    algorithms: (serverName) =>
      ((serverName === undefined ? undefined : table.find(serverName)) ?? first).algorithms,
  };
}

function findAll(line: BindTls, defaults: SslDefaults): FoundFiles {
  const found = [
    ...line.crt.map((crt) => findCertificates(withBase(crt, defaults.crtBase))),
    ...line.crtList.map((list) => findListed(list, defaults.crtBase)),
  ];
  return {
    files: found.flatMap((one) => one.files),
    problems: found.flatMap((one) => one.problems),
  };
}

function loadAll(
  found: FoundFiles,
  base: tls.SecureContextOptions,
  report: BindReport,
): SniEntry<Loaded>[] {
  const entries: SniEntry<Loaded>[] = [];
  for (const file of found.files) {
    const outcome = readCertificate(file.path);
    if (!outcome.ok) {
      report.lineProblem("alert", outcome.message);
      continue;
    }
    const { cert, key, names, algorithms } = outcome.material;
    try {
      const options = { ...base, cert, key };
      const context = tls.createSecureContext(options);
      const filters = file.filters.length > 0 ? file.filters : names;
      entries.push({ certificate: { context, options, algorithms }, filters });
    } catch (error) {
      const why = (error as Error).message;
      report.lineProblem("alert", `unable to load certificate from file '${file.path}' (${why}).`);
    }
  }
  return entries;
}

/** Authorities and revocation lists, read once for all certificates of the line. */
function readTrust(
  line: BindTls,
  defaults: SslDefaults,
  report: BindReport,
): tls.SecureContextOptions {
  const read = (keyword: string, file: string | undefined): (string | Buffer)[] | undefined => {
    if (file === undefined) return undefined;
    const path = withBase(file, defaults.caBase);
    const outcome: PemOutcome = readAuthorities(path);
    if (outcome.ok) return outcome.pem;
    const why = `'${keyword}' : unable to load ${path}`;
    report.lineProblem("alert", `${why} : Couldn't open the ca-file '${path}' (${outcome.why})`);
    return undefined;
  };
  const ca = read("ca-file", line.caFile);
  const crl = read("crl-file", line.crlFile);
  return { ...(ca && { ca }), ...(crl && { crl }) };
}

/** Tries ciphers and curves by themselves, so that a certificate is not blamed for them. */
function findSettingsProblem(
  base: tls.SecureContextOptions,
  settings: { readonly ciphers?: string; readonly ciphersuites?: string; readonly curves?: string },
): string | undefined {
  const fails = (options: tls.SecureContextOptions): boolean => {
    try {
      tls.createSecureContext(options);
      return false;
    } catch {
      return true;
    }
  };
  const { ciphers, ciphersuites, curves } = settings;
  if (curves !== undefined && fails({ ecdhCurve: curves })) {
    return `unable to set SSL curves list to '${curves}'`;
  }
  if (ciphersuites !== undefined && fails({ ciphers: ciphersuites })) {
    return `unable to set TLS 1.3 cipher suites to '${ciphersuites}'`;
  }
  if (base.ciphers === undefined || !fails({ ciphers: base.ciphers })) return undefined;
  return `unable to set SSL cipher list to '${ciphers ?? ""}'`;
}

/** OpenSSL takes at most 32 bytes. */
function sessionIdContext(bind: Bind): string {
  const name = `${bind.position.line}:${describeAddress(bind.address)}`;
  return name.slice(-32);
}

/** Reports what is wrong with one `bind` line, in the two forms that HAProxy has. */
class BindReport {
  hasAlerts = false;
  readonly #bind: Bind;
  readonly #owner: BindOwner;
  readonly #sink: DiagnosticSink;

  constructor(bind: Bind, owner: BindOwner, sink: DiagnosticSink) {
    this.#bind = bind;
    this.#owner = owner;
    this.#sink = sink;
  }

  lineProblem(severity: "alert" | "warning", message: string): void {
    if (severity === "alert") this.hasAlerts = true;
    const where = `'bind ${describeAddress(this.#bind.address)}' in section '${this.#owner.kind}'`;
    const { position } = this.#bind;
    this.#sink.report({ severity, message: `${where} : ${message}`, position });
  }

  proxyAlert(text: (where: string) => string): void {
    this.hasAlerts = true;
    const { file, line } = this.#bind.position;
    const where = `bind '${describeAddress(this.#bind.address)}' at [${file}:${line}]`;
    this.#sink.report({
      severity: "alert",
      message: `Proxy '${this.#owner.name}': ${text(where)}`,
    });
  }
}

/** The address as a user would have written it. */
function describeAddress(address: BindAddress): string {
  switch (address.kind) {
    case "ip":
      return `${address.host === "0.0.0.0" ? "*" : address.host}:${address.port}`;
    case "unix":
      return `${address.abstract ? "abns@" : ""}${address.path}`;
    case "fd":
      return `fd@${address.fd}`;
  }
}
