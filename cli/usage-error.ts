/** Words on the command line that are not understood: the user's mistake, not ours. */
export class UsageError extends Error {}
