import { networkInterfaces } from "node:os";

/** The numeric addresses of this machine. */
export function localAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).map(({ address }) => address),
    ),
  );
}
