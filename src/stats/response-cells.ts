// The columns of HTTP responses by class.
import type { StatsCells } from "./columns.ts";
import type { ResponseCounts } from "./page-counters.ts";

/** `hrsp_*` of a proxy in HTTP mode; in TCP mode they are empty. */
export function responseCells(counts: Readonly<ResponseCounts>): StatsCells {
  const [informational, successful, redirects, clientErrors, serverErrors, other] = counts;
  return {
    hrsp_1xx: informational,
    hrsp_2xx: successful,
    hrsp_3xx: redirects,
    hrsp_4xx: clientErrors,
    hrsp_5xx: serverErrors,
    hrsp_other: other,
  };
}
