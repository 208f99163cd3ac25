// The last will as the guard last heard it.
import { EMPTY_WILL, type LastWill } from "../supervise/messages.ts";
import { isSameWill } from "../supervise/will.ts";
import type { OutgoingPacket } from "../vrrp/packet.ts";

/** Tells a will that says something new from one that the guard has already. */
export class WillKeeper {
  #told = EMPTY_WILL;

  /** The will to be told now, `undefined` when the guard has it. Who removes nothing resigns nothing. */
  renew(
    commands: LastWill["commands"],
    resignations: () => readonly OutgoingPacket[],
  ): LastWill | undefined {
    const will = commands.length === 0 ? EMPTY_WILL : { commands, packets: resignations() };
    if (isSameWill(will, this.#told)) return undefined;
    this.#told = will;
    return will;
  }
}
