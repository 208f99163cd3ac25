/** A command could not do what it was told; the message says what was found and what to do. */
export class CommandFailure extends Error {}
