// Whether two files' unicast addresses meet.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import { printIp } from "../../../src/base/ip.ts";
import type { InstanceConfiguration } from "../model/instance.ts";
import { isSameBytes, warning } from "./lint.ts";
import type { InstancePair } from "./pairing.ts";

/** Unicast on one node only, or peers that do not name the other node's source. */
export function* lintPairUnicast({ first, second }: InstancePair): Iterable<Diagnostic> {
  if ((first.unicast === undefined) !== (second.unicast === undefined)) {
    const [who, other] = second.unicast === undefined ? ["first", "second"] : ["second", "first"];
    yield warning(
      second.position,
      `(${second.name}) the ${who} file has unicast_peer, the ${other} multicasts: each node drops ` +
        `the other's adverts, and both become master.`,
      `Write 'unicast_peer' and 'unicast_src_ip' in both files, or in none.`,
    );
    return;
  }
  yield* lintPeers(first, second, "second");
  yield* lintPeers(second, first, "first");
}

/** Whether `from` sends its adverts to the other node. */
function* lintPeers(
  from: InstanceConfiguration,
  to: InstanceConfiguration,
  toName: "first" | "second",
): Iterable<Diagnostic> {
  const { sourceIp } = to;
  const peers = from.unicast?.peers;
  if (peers === undefined || sourceIp === undefined) return;
  if (peers.some(({ address }) => isSameBytes(address, sourceIp))) return;
  const names = peers.map(({ address }) => printIp(address)).join(", ") || "nobody";
  yield warning(
    from.position,
    `(${from.name}) unicast_peer names ${names}, but the ${toName} file's unicast_src_ip is ` +
      `${printIp(sourceIp)}: that node hears nothing from this one, and both become master.`,
    `Write 'unicast_peer { ${printIp(sourceIp)} }' here.`,
  );
}
