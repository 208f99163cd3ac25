// TLS settings loaded as a configuration's lines ask for them.
import type { Diagnostic } from "../../src/base/diagnostic.ts";
import type { Bind } from "../../src/config/model/bind.ts";
import type { Server } from "../../src/config/model/server.ts";
import type { BindTls, ServerTls } from "../../src/config/model/tls.ts";
import { loadBindTls } from "../../src/io/tls/load-bind.ts";
import { loadServerTls } from "../../src/io/tls/load-server.ts";
import { TicketKeyFiles } from "../../src/io/tls/ticket-keys.ts";
import type { TlsContext } from "../../src/session/mover.ts";

const NO_DEFAULTS = { bind: {}, server: {} };
const POSITION = { file: "t.cfg", line: 3 };

/** What a line gives, and what is said about it. */
export interface Loaded {
  readonly context: TlsContext | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Of `bind 127.0.0.1:8883 ssl` with these settings, in `listen l`. */
export function bindTls(line: Partial<BindTls>): Loaded {
  const diagnostics: Diagnostic[] = [];
  const bind: Bind = {
    address: { kind: "ip", family: 4, host: "127.0.0.1", port: 8883 },
    position: POSITION,
    acceptProxy: false,
    transparent: false,
    v4v6: false,
    v6only: false,
    access: {},
  };
  const complete: BindTls = { crt: [], crtList: [], verify: "none", strictSni: false, ...line };
  const defaults = { ...NO_DEFAULTS, ticketKeyFiles: new TicketKeyFiles() };
  const context = loadBindTls(bind, complete, { kind: "listen", name: "l" }, defaults, {
    report: (diagnostic) => void diagnostics.push(diagnostic),
  });
  return { context, diagnostics };
}

/** Of `server s … ssl` with these settings, in `backend b`. */
export function serverTls(line: Partial<ServerTls>): Loaded {
  const diagnostics: Diagnostic[] = [];
  const server = { name: "s", position: POSITION } as Server;
  const complete: ServerTls = { verify: "none", reuse: true, ...line };
  const context = loadServerTls(server, complete, "b", NO_DEFAULTS, {
    report: (diagnostic) => void diagnostics.push(diagnostic),
  });
  return { context, diagnostics };
}
