// Figures for people.

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes in the largest unit that leaves a number of at least one. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${SIZES[unit]!}`;
}

/** Seconds as the two largest units, such as `3d4h` or `12s`. */
export function formatDuration(seconds: number): string {
  const units: readonly [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "m"],
  ];
  for (const [index, [size, letter]] of units.entries()) {
    if (seconds < size) continue;
    const [nextSize, nextLetter] = units[index + 1] ?? [1, "s"];
    const rest = Math.floor((seconds % size) / nextSize);
    return `${Math.floor(seconds / size)}${letter}${rest}${nextLetter}`;
  }
  return `${seconds}s`;
}
