// What `feature()` in `.if` answers: HAProxy's names of what Tandem offers.

const FEATURES: ReadonlySet<string> = new Set([
  "ACCEPT4",
  "CRYPT_H",
  "EPOLL",
  "GETADDRINFO",
  "LIBCRYPT",
  "LINUX_TPROXY",
  "OPENSSL",
  "POLL",
  "PROMEX",
  "SYSTEMD",
  "TPROXY",
]);

/** Whether a build feature of HAProxy has its counterpart here; `TANDEM` is our own. */
export function hasFeature(name: string): boolean {
  return name === "TANDEM" || FEATURES.has(name);
}
