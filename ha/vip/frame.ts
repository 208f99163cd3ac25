/** A whole Ethernet frame, without the frame check sequence. */
export interface OutgoingFrame {
  readonly device: string;
  readonly bytes: Uint8Array;
}
