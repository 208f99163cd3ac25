// The part of npm's raw-socket that ha/io/raw-ip-socket.ts uses; the package brings no types.
declare module "raw-socket" {
  /** Thrown by calls: `message` is the text of strerror(3). */
  interface Socket {
    readonly wrap: {
      /** Sends at once; throws what goes wrong. `Socket.send` waits until the event loop comes by. */
      send(
        buffer: Buffer,
        offset: number,
        length: number,
        address: string,
        done: (bytes: number) => void,
      ): void;
    };
    /** The buffer is overwritten by the next packet. */
    on(event: "message", listener: (buffer: Buffer, source: string) => void): this;
    /** Errors of polling and receiving, and what a "message" listener throws. */
    on(event: "error", listener: (error: Error) => void): this;
    setOption(level: number, option: number, value: number): void;
    setOption(level: number, option: number, value: Buffer, length: number): void;
    pauseRecv(): this;
    pauseSend(): this;
    close(): this;
  }

  const AddressFamily: { readonly IPv4: 1; readonly IPv6: 2 };

  function createSocket(options: {
    readonly protocol: number;
    readonly addressFamily: 1 | 2;
  }): Socket;
}
