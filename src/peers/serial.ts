/** Whether one update id, u32, comes after another, in serial arithmetic: ids wrap. */
export function isAfter(id: number, other: number): boolean {
  return ((id - other) | 0) > 0;
}
