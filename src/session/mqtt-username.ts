// `mqtt-set-username`: what the balancer knows of a client, usually the name in its certificate, becomes
// the user name of its CONNECT. So brokers behind TLS that ends here know whom they serve.
import { isUtf8 } from "node:buffer";
import { inspectOnce } from "../mqtt/cached-inspection.ts";
import { TEXT_BYTES_MAX, withUsername } from "../mqtt/set-username.ts";
import { bytesOf } from "../rules/bytes.ts";
import type { CompiledSample, Verdict } from "../rules/compile.ts";
import type { RuleContext } from "../rules/context.ts";
import { castSample } from "../rules/convert.ts";
import type { Fetched } from "../rules/sample.ts";
import type { SessionContext } from "./session-context.ts";

/** A `mqtt-set-username` ready to run. */
export interface RunnableUsernameRule {
  readonly value: CompiledSample;
  readonly condition?: (context: RuleContext) => Verdict;
  /** What becomes of a client for whom there is no name. */
  readonly otherwise: "refuse" | "keep";
}

/**
 * Rewrites the CONNECT by the first rule that applies. `wait` while it is still to come; whoever sends
 * something else is not concerned. A name that MQTT cannot carry is none.
 */
export function setUsername(
  rules: readonly RunnableUsernameRule[],
  context: SessionContext,
): "pass" | "wait" | "refused" {
  if (rules.length === 0) return "pass";
  const { request } = context;
  const found = inspectOnce(request.bytes, request.bytesMax);
  if (found.kind === "need-more") return request.final ? "pass" : "wait";
  if (found.kind !== "connect") return "pass";
  for (const rule of rules) {
    const applies = rule.condition === undefined ? true : rule.condition(context);
    if (applies === "wait") return "wait";
    if (!applies) continue;
    const value = rule.value(context);
    if (value === "wait") return "wait";
    const username = usernameOf(value);
    const packet = request.bytes.subarray(0, found.byteCount);
    const rewritten = username === undefined ? undefined : withUsername(packet, username);
    if (rewritten === undefined) return rule.otherwise === "keep" ? "pass" : "refused";
    context.replaceFirstPacket(rewritten, found.byteCount);
    return "pass";
  }
  return "pass";
}

function usernameOf(value: Fetched): Uint8Array | undefined {
  if (value === "none" || value === "wait") return undefined;
  const text = castSample(value, "str");
  if (text?.type !== "str") return undefined;
  const bytes = bytesOf(text.value);
  const isText = bytes.length > 0 && bytes.length <= TEXT_BYTES_MAX && isUtf8(bytes);
  return isText && !bytes.includes(0) ? bytes : undefined;
}
