// Weights: what the user writes (0..256) and what the algorithms work with.

/** Dynamic algorithms multiply weights by this, so that slowstart can rise in sixteenths. */
export const WEIGHT_SCALE = 16;

/** The largest weight a user may give. */
export const WEIGHT_MAX = 256;

/** The largest effective weight: keys are computed as fractions of it. */
export const EFFECTIVE_WEIGHT_MAX = WEIGHT_MAX * WEIGHT_SCALE;

/** How user weights become effective ones: times `multiplier`, divided by `divisor`. */
export interface WeightScale {
  readonly multiplier: number;
  readonly divisor: number;
}

/** The scale of algorithms whose weights may change at any time. */
export const DYNAMIC_SCALE: WeightScale = { multiplier: WEIGHT_SCALE, divisor: 1 };

/** The scale of map-based algorithms: weights reduced by their greatest common divisor. */
export function staticScale(weights: readonly number[]): WeightScale {
  let divisor = 0;
  for (const weight of weights) divisor = greatestCommonDivisor(divisor, weight);
  return { multiplier: 1, divisor: Math.max(1, divisor) };
}

/** The effective weight, rounded up, so that only weight 0 gives 0. */
export function scaleWeight(weight: number, scale: WeightScale): number {
  return Math.ceil((weight * scale.multiplier) / scale.divisor);
}

/** A weight as given at run time: `30` is absolute, `50%` relative to the configured weight. */
export type WeightChange =
  | { readonly kind: "absolute"; readonly weight: number }
  | { readonly kind: "percent"; readonly percent: number };

/**
 * The user weight that a change asks for, or why it cannot be had. Texts as HAProxy's runtime API
 * gives them (management §9.3, `set weight`).
 */
export function resolveWeight(
  change: WeightChange,
  configuredWeight: number,
  isDynamic: boolean,
): { readonly weight: number } | { readonly refused: string } {
  let weight: number;
  if (change.kind === "percent") {
    if (change.percent < 0) return { refused: "Relative weight must be positive." };
    weight = Math.min(WEIGHT_MAX, Math.trunc((configuredWeight * change.percent) / 100));
  } else {
    weight = change.weight;
    if (weight < 0 || weight > WEIGHT_MAX) {
      return { refused: "Absolute weight can only be between 0 and 256 inclusive." };
    }
  }
  if (!isDynamic && weight !== 0 && weight !== configuredWeight) {
    return {
      refused: "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.",
    };
  }
  return { weight };
}

function greatestCommonDivisor(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
