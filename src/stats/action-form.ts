// What the form of the statistics page sends: checked servers, an action, a backend
// (`s=b1&s=b2&action=drain&b=%234`).
import { STATS_FORM_FIELD_BYTES_MAX } from "../limits.ts";

/** A form that asks for something. Several actions or backends: the last one counts. */
export interface ActionForm {
  /** In the form's order, repeated ones included. */
  readonly servers: readonly string[];
  readonly action: string;
  /** A name, or `#` and an identifier. */
  readonly backend: string;
}

/** How an action has ended, as `;st=` tells the page. */
export type ActionOutcome =
  /** All servers were changed, or there was nothing to change in some. */
  | "DONE"
  /** Nothing was asked for, or nothing had to change. */
  | "NONE"
  /** Some servers were changed, and others do not exist. */
  | "PART"
  /** The action, the backend or every server is unknown, or a field is too long. */
  | "ERRP"
  /** The form is too large. */
  | "EXCD"
  /** No `stats admin` allows it, or it came from another site's page. */
  | "DENY";

/** Reads a form; an outcome where it asks for nothing or cannot be read. Never throws. */
export function parseActionForm(body: string): ActionForm | "NONE" | "ERRP" {
  const servers: string[] = [];
  let action: string | undefined;
  let backend: string | undefined;
  for (const field of body.split("&")) {
    if (Buffer.byteLength(field) > STATS_FORM_FIELD_BYTES_MAX) return "ERRP";
    const equals = field.indexOf("=");
    const name = equals < 0 ? field : field.slice(0, equals);
    const value = decode(equals < 0 ? "" : field.slice(equals + 1));
    // HAProxy, too, stops at an escape that is none.
    if (value === undefined) return "NONE";
    if (name === "s") servers.push(value);
    else if (name === "action") action = value;
    else if (name === "b") backend = value;
  }
  if (servers.length === 0 || action === undefined || backend === undefined) return "NONE";
  return { servers, action, backend };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
