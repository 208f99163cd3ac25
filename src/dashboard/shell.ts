// The page of the dashboard: an empty document that names its script and its style sheet. Without a
// script a browser goes on to the table.
import type { StatsSettings } from "../config/model/proxy.ts";
import { escapeHtml } from "../stats/escape-html.ts";

/** What browsers may do with the page: everything comes from where the page came from. */
export const DASHBOARD_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

/** The page as HTML. */
export function formatShell(title: string, { uri, showDesc }: StatsSettings): string {
  const at = escapeHtml(uri);
  const description = typeof showDesc === "string" ? showDesc : "";
  return [
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(title)}</title>`,
    `<noscript><meta http-equiv="refresh" content="0; url=${at};table"></noscript>`,
    `<link rel="stylesheet" href="${at};dashboard.css">`,
    `<script src="${at};dashboard.js" defer></script></head>`,
    `<body data-uri="${at}" data-description="${escapeHtml(description)}">`,
    `<noscript><p><a href="${at};table">The table needs no script.</a></p></noscript>`,
    "</body></html>",
    "",
  ].join("\n");
}
