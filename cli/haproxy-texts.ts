// What the `haproxy` command prints about itself, in the shape that tools parse.
import { HAPROXY_VERSION_TEXT, TANDEM_VERSION } from "../src/version.ts";

/** HAProxy's build features, and whether we have what each stands for. */
const FEATURES: readonly (readonly [name: string, isPresent: boolean])[] = [
  ["ACCEPT4", true],
  ["CPU_AFFINITY", false],
  ["CRYPT_H", false],
  ["EPOLL", true],
  ["GETADDRINFO", true],
  ["LINUX_SPLICE", false],
  ["LINUX_TPROXY", false],
  ["LUA", false],
  ["NS", false],
  ["OPENSSL", true],
  ["OT", false],
  ["PCRE", false],
  ["PCRE2", false],
  ["POLL", true],
  ["PROMEX", false],
  ["QUIC", false],
  ["SLZ", false],
  ["SYSTEMD", true],
  ["TFO", false],
  ["THREAD", false],
  ["TPROXY", false],
  ["ZLIB", false],
];

/** Whether `feature(<name>)` holds. */
export function hasFeature(name: string): boolean {
  return FEATURES.some(([feature, isPresent]) => isPresent && feature === name);
}

/** What `-v` prints. */
export function versionText(): string {
  return (
    `HAProxy version ${HAPROXY_VERSION_TEXT} - https://haproxy.org/\n` +
    `Status: Tandem ${TANDEM_VERSION}, a balancer that reads HAProxy's configuration; not HAProxy itself.\n`
  );
}

/** Facts of the running system for `-vv`. */
export interface BuildFacts {
  readonly nodeVersion: string;
  readonly openSslVersion: string;
  readonly platform: string;
}

/** What `-vv` prints. */
export function buildText(facts: BuildFacts): string {
  const present = FEATURES.filter(([, isPresent]) => isPresent);
  const features = FEATURES.map(([name, isPresent]) => (isPresent ? "+" : "-") + name);
  return [
    `${versionText()}Running on: ${facts.platform}`,
    "Build options :",
    "  TARGET  = linux-glibc",
    "  CPU     = generic",
    `  CC      = node ${facts.nodeVersion}`,
    `  OPTIONS = ${present.map(([name]) => `USE_${name}=1`).join(" ")}`,
    "  DEBUG   = ",
    "",
    `Feature list : ${features.join(" ")}`,
    "",
    "Default settings :",
    "  bufsize = 16384, maxrewrite = 1024, maxpollevents = 200",
    "",
    "Built without multi-threading support (USE_THREAD not set).",
    `Built with OpenSSL version : OpenSSL ${facts.openSslVersion}`,
    `Running on OpenSSL version : OpenSSL ${facts.openSslVersion}`,
    "OpenSSL library supports TLS extensions : yes",
    "OpenSSL library supports SNI : yes",
    "OpenSSL library supports : TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3",
    "",
    "Available polling systems :",
    "      epoll : pref=300,  test result OK",
    "Total: 1 (1 usable), will use epoll.",
    "",
    "Available multiplexer protocols :",
    "  <default> : mode=TCP   side=FE|BE  mux=PASS  flags=",
    "",
    "Available services : none",
    "Available filters : none",
    "",
  ].join("\n");
}

/** What wrong flags get; `haproxy` prints it to stderr. */
export function usageText(): string {
  return `${versionText()}Usage : haproxy [-f <cfgfile|cfgdir>]* [ -vdVDqcW ] [ -n <maxconn> ] [ -L <name> ]
        [ -p <pidfile> ] [ -C <dir> ] [-- <cfgfile>*]
        -f reads a file, or the *.cfg files of a folder
        -c checks the configuration and exits
        -cc evaluates a condition and exits: 0 true, 1 false, 2 not understood
        -v prints the version ; -vv the build options too
        -D runs in the background ; -d and -db stay in the foreground
        -W, -Ws run as one process in the foreground ; -Ws tells systemd when ready
        -q prints nothing ; -V prints more
        -C changes to a folder before files are read
        -L sets the local peer's name (default: the host's)
        -n sets the largest number of connections
        -p writes the process's id to a file
        -sf, -st [pid ]* finishes or terminates old processes once this one listens
        -dW fails if there is any warning
        -dr starts although names of servers do not resolve
        Accepted without effect: -N -m -S -x -dM -dI -dD -dR -dS -dG -dV -dL -dK -de -dp
`;
}
