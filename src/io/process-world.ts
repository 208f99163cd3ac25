// The world of a balancer process, with what the machine lends to it.
import { hostname } from "node:os";
import { World } from "../session/world.ts";
import { localAddresses } from "./local-addresses.ts";
import { randomUint32 } from "./random.ts";

/** A world without any configuration. */
export function processWorld(): World {
  return new World({
    hostName: hostname(),
    localAddresses: localAddresses(),
    environment: process.env,
    random: randomUint32,
  });
}
