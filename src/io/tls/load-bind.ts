import tls from "node:tls";
import type { DiagnosticSink } from "../../base/diagnostic.ts";
import type { Bind } from "../../config/model/bind.ts";
import type { BindTls, SslDefaults } from "../../config/model/tls.ts";
import type { CertificateAlgorithms } from "../../session/mover.ts";
import type { TicketKeyRing } from "../../tickets/key-ring.ts";
import type { PemOutcome } from "./authorities.ts";
import { readAuthorities } from "./authorities.ts";
import { type BindOwner, BindReport, describeAddress } from "./bind-report.ts";
import type { FoundFiles } from "./certificate-files.ts";
import { findCertificates, findListed, withBase } from "./certificate-files.ts";
import { readCertificate } from "./certificate.ts";
import type { ServerSideTls } from "./context.ts";
import { contextOptions, leavesVersions, withDefaults } from "./settings.ts";
import { nodeTicketKeys, sharedSessionContext, useTicketKeys } from "./ticket-keys.ts";
import type { TicketKeyFiles } from "./ticket-keys.ts";
import type { SniEntry } from "./sni.ts";
import { SniTable } from "./sni.ts";

/** What all `bind` lines of a configuration have in common. */
export interface BindDefaults extends SslDefaults {
  readonly ticketKeyFiles: TicketKeyFiles;
  /** `tune.ssl.lifetime`, s. */
  readonly ticketLifetimeS?: number;
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
  defaults: BindDefaults,
  sink: DiagnosticSink,
): ServerSideTls | undefined {
  const report = new BindReport(bind, owner, sink);
  const settings = withDefaults(line, defaults.bind);
  const trust = readTrust(line, defaults, report);
  const ring = readTicketKeys(line, defaults, report);
  const { ticketLifetimeS } = defaults;
  const base = {
    ...contextOptions(settings),
    ...trust,
    ...(ring === undefined
      ? // Sessions of one listener are not those of another, which may ask for other certificates.
        { sessionIdContext: sessionIdContext(bind) }
      : {
          sessionIdContext: sharedSessionContext(line.verify, trust),
          ticketKeys: nodeTicketKeys(ring),
        }),
    ...(ticketLifetimeS !== undefined && { sessionTimeout: ticketLifetimeS }),
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
  if (ring !== undefined) takeTicketKeys(first.context, ring, report);
  const context = buildContext(line, settings.alpn, first, new SniTable(entries));
  return ring === undefined ? context : { ...context, ticketKeys: ring };
}

function readTicketKeys(
  line: BindTls,
  { ticketKeyFiles }: BindDefaults,
  report: BindReport,
): TicketKeyRing | undefined {
  if (line.ticketKeysFile === undefined) return undefined;
  const outcome = ticketKeyFiles.load(line.ticketKeysFile);
  if (outcome.ok) return outcome.ring;
  report.lineProblem("alert", outcome.message);
  return undefined;
}

/** Of certificates chosen by name Node takes the certificate only: tickets are the first context's. */
function takeTicketKeys(context: tls.SecureContext, ring: TicketKeyRing, report: BindReport): void {
  if (useTicketKeys(context, ring)) return;
  ring.isFixed = true;
  report.lineProblem(
    "warning",
    `'tls-ticket-keys' : Node.js ${process.version} opens tickets of the penultimate key only`,
  );
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
