import type { DiagnosticSink } from "../../base/diagnostic.ts";
import type { Bind, BindAddress } from "../../config/model/bind.ts";

/** The section that a `bind` line stands in. */
export interface BindOwner {
  readonly kind: "frontend" | "backend" | "listen" | "peers";
  readonly name: string;
}

/** Reports what is wrong with one `bind` line, in the two forms that HAProxy has. */
export class BindReport {
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
export function describeAddress(address: BindAddress): string {
  switch (address.kind) {
    case "ip":
      return `${address.host === "0.0.0.0" ? "*" : address.host}:${address.port}`;
    case "unix":
      return `${address.abstract ? "abns@" : ""}${address.path}`;
    case "fd":
      return `fd@${address.fd}`;
  }
}
