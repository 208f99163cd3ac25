// Samples of type `str` hold one byte per character. These are the only ways in and out.

/** The bytes of a byte string. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** Bytes as a byte string. */
export function byteString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Text of the configuration or the system (Unicode) as the byte string of its UTF-8 form. */
export function byteStringOfText(text: string): string {
  // Only text beyond ASCII differs, and it is rare.
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}
