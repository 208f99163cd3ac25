// Writes a configuration back as a file.
import { equalApartFromPositions } from "./equal.ts";
import type { Configuration } from "./model/configuration.ts";
import { printGlobal } from "./print/global.ts";
import { printPeers, printResolvers, printUserlist } from "./print/others.ts";
import { printProxy } from "./print/proxy.ts";

/** A file that reads back as an equal configuration; defaults are flattened into each proxy. */
export function printConfiguration(configuration: Configuration): string {
  return [
    printGlobal(configuration.global),
    ...configuration.userlists.map(printUserlist),
    ...configuration.resolvers.map(printResolvers),
    ...configuration.peers.map(printPeers),
    ...configuration.proxies.map(printProxy),
  ].join("\n");
}

/** Whether two configurations say the same, wherever they say it. */
export function configurationsEqual(a: Configuration, b: Configuration): boolean {
  return equalApartFromPositions(a, b);
}
