// Whether what a process answered is what its version of the report should be: the types of the
// reports as values, which the compiler compares with them.

/** The shape of a type: lists have one element, what may be `null` has two. */
export type ShapeOf<T> = null extends T
  ? readonly ["nullable", ShapeOf<NonNullable<T>>]
  : [T] extends [string]
    ? "string"
    : [T] extends [number]
      ? "number"
      : [T] extends [boolean]
        ? "boolean"
        : [T] extends [readonly (infer U)[]]
          ? readonly [ShapeOf<U>]
          : { readonly [K in keyof T]: ShapeOf<T[K]> };

/** Any shape. */
export type Shape =
  | "string"
  | "number"
  | "boolean"
  | readonly [Shape]
  | readonly ["nullable", Shape]
  | { readonly [name: string]: Shape };

/**
 * Where a value is not of a shape, as `balancer.tables[0].name: expected a string`; `undefined` when
 * it is. Fields that the shape does not have may be there.
 */
export function misfit(value: unknown, shape: Shape, place: string): string | undefined {
  if (typeof shape === "string") {
    return typeof value === shape ? undefined : `${place}: expected a ${shape}`;
  }
  if (isNullable(shape)) return value === null ? undefined : misfit(value, shape[1], place);
  if (isList(shape)) {
    if (!Array.isArray(value)) return `${place}: expected a list`;
    return first(value, (item, at) => misfit(item, shape[0], `${place}[${at}]`));
  }
  if (typeof value !== "object" || value === null) return `${place}: expected an object`;
  const fields = value as Readonly<Record<string, unknown>>;
  return first(Object.entries(shape), ([name, inner]) =>
    misfit(fields[name], inner, `${place}.${name}`),
  );
}

function isNullable(shape: Exclude<Shape, string>): shape is readonly ["nullable", Shape] {
  return Array.isArray(shape) && shape.length === 2;
}

function isList(shape: Exclude<Shape, string>): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function first<T>(
  items: readonly T[],
  find: (item: T, at: number) => string | undefined,
): string | undefined {
  for (const [at, item] of items.entries()) {
    const found = find(item, at);
    if (found !== undefined) return found;
  }
  return undefined;
}
