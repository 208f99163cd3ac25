// The bounds of the dashboard; those of the whole program are in src/limits.ts.

/** Steps of a chart of one row of the dashboard, and their length: five minutes. */
export const DASHBOARD_ROW_STEPS = 60;
export const DASHBOARD_ROW_STEP_SECONDS = 5;

/** Seconds of the dashboard's charts of the whole process. */
export const DASHBOARD_TOTAL_SECONDS = 300;

/** Rows of the dashboard that have charts: with three charts each they take 6 MiB. */
export const DASHBOARD_ROWS_MAX = 4_096;

/** How old the dashboard's facts may be before a question reads them again, ms. */
export const DASHBOARD_FACTS_AGE_MS_MAX = 200;

/** How long after the last question guard and agent are still asked, ms. */
export const DASHBOARD_WATCH_MS = 5_000;

/** Rows of a page of sessions or entries, and how many are looked at in one turn of the event loop. */
export const SEARCH_ROWS_MAX = 50;
export const SEARCH_LOOKED_AT_PER_PIECE_MAX = 2_000;

/** Characters of a search. */
export const SEARCH_TEXT_CHARS_MAX = 256;

/** Events that a dashboard shows, and is given at first. */
export const DASHBOARD_EVENTS_MAX = 200;
