// What valgrind (memcheck) says of one shared object, among all that it says of a program.

/** Findings of a log with all kinds of leaks, `--show-leak-kinds=all`. */
export interface ValgrindFindings {
  /** Bytes that the object has allocated itself and that nothing points to any more. */
  readonly lostBytes: number;
  /** Blocks that it has allocated itself and that were in use at the end. */
  readonly reachableBlocks: number;
  /** Records of wrong reads and writes with the object among the callers. */
  readonly errors: readonly string[];
}

const LEAK = /([\d,]+) (?:\([^)]*\) )?bytes in ([\d,]+) blocks are (\w+(?: \w+)?) in loss record/;

/** Reads a log; `objectName` is the end of the file's name, as in `tandem_mover.node`. */
export function readValgrindLog(log: string, objectName: string): ValgrindFindings {
  const isOwn = (line: string | undefined): boolean => line?.includes(`${objectName})`) === true;
  let lostBytes = 0;
  let reachableBlocks = 0;
  const errors: string[] = [];
  for (const record of log.split(/^==\d+== *\n/m)) {
    const lines = record.split("\n").filter((line) => line.startsWith("=="));
    const leak = LEAK.exec(lines[0] ?? "");
    if (leak === null) {
      if (lines.some(isOwn)) errors.push(lines.join("\n"));
      continue;
    }
    // The allocator comes first, then who has called it; `realloc` stands above one of its own.
    if (!isOwn(lines.slice(1).find((line) => !/\((?:in \S*vgpreload|vg_replace)/.test(line)))) {
      continue;
    }
    if (leak[3] === "still reachable") reachableBlocks += numberOf(leak[2]!);
    else lostBytes += numberOf(leak[1]!);
  }
  return { lostBytes, reachableBlocks, errors };
}

function numberOf(text: string): number {
  return Number(text.replaceAll(",", ""));
}
