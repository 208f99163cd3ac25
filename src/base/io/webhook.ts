// Posts events to a web server as JSON (docs/operations.md, "A webhook").
import { hostname } from "node:os";
import type { Deliver } from "./event-delivery.ts";

/** For one request and its answer, ms. */
const REQUEST_MS_MAX = 5_000;

/**
 * A delivery to this URL, of http or https with a certificate that must be right. What it says of a
 * failure never holds the URL, which may be a secret.
 */
export function webhook(url: string, timeoutMs = REQUEST_MS_MAX): Deliver {
  return async (events, droppedCount) => {
    try {
      const { address, authorization } = addressOf(url);
      const response = await fetch(address, {
        method: "POST",
        headers: { "content-type": "application/json", ...authorization },
        body: JSON.stringify({ schemaVersion: 1, host: hostname(), droppedCount, events }),
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `the server answers ${response.status}`;
    } catch (error) {
      const { name, cause } = error as { name: string; cause?: { code?: string } };
      return name === "TimeoutError" ? "no answer in time" : (cause?.code ?? name);
    }
  };
}

/** `fetch` takes no URL with a user in it: it becomes a header (RFC 7617). */
function addressOf(url: string): {
  readonly address: string;
  readonly authorization: Readonly<Record<string, string>>;
} {
  const address = new URL(url);
  const { username, password } = address;
  if (username === "" && password === "") return { address: url, authorization: {} };
  address.username = "";
  address.password = "";
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
  return { address: address.href, authorization: { authorization } };
}
