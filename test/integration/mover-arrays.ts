// What a native mover writes into.
import {
  RECORD_WORDS,
  RECORDS_MAX,
  SCRATCH_NUMBERS,
  TOTALS_PER_RECORD,
} from "../../src/io/mover/native/addon.ts";

/** The arrays that openMover() wants, none longer than it must be. */
export function moverArrays(): {
  records: Int32Array;
  totals: Float64Array;
  bytes: Uint8Array;
  scratch: Float64Array;
} {
  return {
    records: new Int32Array(RECORDS_MAX * RECORD_WORDS),
    totals: new Float64Array(RECORDS_MAX * TOTALS_PER_RECORD),
    bytes: new Uint8Array(64),
    scratch: new Float64Array(SCRATCH_NUMBERS),
  };
}
