/** Where a command writes; texts bear their own line feeds. */
export interface Output {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** The process's own streams. */
export const PROCESS_OUTPUT: Output = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};
