// Which certificate answers which server name: exact names first, then wildcards of one label, then
// the default (haproxy configuration §5.1, `crt`, `crt-list`, `strict-sni`).

/** One certificate's claims on server names. */
export interface SniEntry<Certificate> {
  readonly certificate: Certificate;
  /** `a.example`, `*.example`, and `!b.example` for a name that a wildcard must not take. */
  readonly filters: readonly string[];
}

/** Finds certificates by server name. */
export class SniTable<Certificate> {
  readonly #exact = new Map<string, Certificate>();
  readonly #wildcard = new Map<string, Certificate>();
  readonly #excluded = new Map<Certificate, ReadonlySet<string>>();

  constructor(entries: readonly SniEntry<Certificate>[]) {
    for (const { certificate, filters } of entries) {
      const excluded = new Set<string>();
      for (const filter of filters) {
        const name = filter.toLowerCase();
        if (name.startsWith("!")) excluded.add(name.slice(1));
        else if (name.startsWith("*.")) setFirst(this.#wildcard, name.slice(1), certificate);
        else setFirst(this.#exact, name, certificate);
      }
      if (excluded.size > 0) this.#excluded.set(certificate, excluded);
    }
  }

  /** The certificate for a name; `undefined` when none claims it. */
  find(serverName: string): Certificate | undefined {
    const name = serverName.toLowerCase();
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    const dot = name.indexOf(".");
    const wildcard = dot < 0 ? undefined : this.#wildcard.get(name.slice(dot));
    if (wildcard === undefined || this.#excluded.get(wildcard)?.has(name)) return undefined;
    return wildcard;
  }
}

/** Of two certificates for one name the first one answers. */
function setFirst<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (!map.has(key)) map.set(key, value);
}
