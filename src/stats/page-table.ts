// The table of one proxy on the statistics page.
import type { ColumnName, StatsRow } from "./columns.ts";
import { escapeHtml } from "./escape-html.ts";
import { formatCheckBox } from "./page-actions.ts";
import { formatDuration, formatSize } from "./page-figures.ts";

/** A column of the page: its head, and how a row fills it. */
interface PageColumn {
  readonly head: string;
  readonly title: string;
  readonly cell: (row: StatsRow) => string;
}

/** Columns under one heading. */
interface ColumnGroup {
  readonly head: string;
  readonly columns: readonly PageColumn[];
}

const GROUPS: readonly ColumnGroup[] = [
  {
    head: "Queue",
    columns: [
      plain("Cur", "qcur", "Sessions that wait"),
      plain("Max", "qmax", "Most that have waited at once"),
      plain("Limit", "qlimit", "Most that may wait"),
    ],
  },
  {
    head: "Session rate",
    columns: [
      plain("Cur", "rate", "Sessions in the last second"),
      plain("Max", "rate_max", "Most sessions in a second"),
      plain("Limit", "rate_lim", "Most sessions allowed in a second"),
    ],
  },
  {
    head: "Sessions",
    columns: [
      plain("Cur", "scur", "Sessions at this moment"),
      plain("Max", "smax", "Most sessions at once"),
      plain("Limit", "slim", "Most sessions allowed at once"),
      plain("Total", "stot", "All sessions"),
      plain("LbTot", "lbtot", "How often the algorithm chose"),
      { head: "Last", title: "Since the last session", cell: (row) => lastSession(row) },
    ],
  },
  {
    head: "Bytes",
    columns: [size("In", "bin", "From clients"), size("Out", "bout", "To clients")],
  },
  {
    head: "Denied",
    columns: [
      plain("Req", "dreq", "Requests that rules refused"),
      plain("Resp", "dresp", "Responses that rules refused"),
    ],
  },
  {
    head: "Errors",
    columns: [
      plain("Req", "ereq", "Failures of clients"),
      plain("Conn", "econ", "Failed connections to servers"),
      plain("Resp", "eresp", "Failures of servers"),
    ],
  },
  {
    head: "Warnings",
    columns: [
      plain("Retr", "wretr", "Connections tried again"),
      plain("Redis", "wredis", "Sessions moved to another server"),
    ],
  },
  {
    head: "Server",
    columns: [
      { head: "Status", title: "Since when, and what", cell: statusCell },
      { head: "LastChk", title: "What the last check found", cell: checkCell },
      plain("Wght", "weight", "Weight in effect"),
      plain("Act", "act", "Active servers"),
      plain("Bck", "bck", "Backup servers"),
      plain("Chk", "chkfail", "Failed checks"),
      plain("Dwn", "chkdown", "How often it went down"),
      duration("Dwntme", "downtime", "Time spent down"),
      { head: "Thrtle", title: "Slow start", cell: (row) => percent(row.cells.throttle) },
    ],
  },
];

/** A table with one line for each row, and on request a box to check each server. */
export function formatTable(rows: readonly StatsRow[], hasBoxes: boolean): string {
  const groups = GROUPS.map(
    ({ head, columns }) => `<th class="group" colspan="${columns.length}">${head}</th>`,
  );
  const columns = GROUPS.flatMap((group) => group.columns);
  const heads = columns.map(({ head, title }) => `<th title="${title}">${head}</th>`);
  return [
    '<div class="scroll"><table><thead>',
    `<tr><th class="name" rowspan="2">Name</th>${groups.join("")}</tr>`,
    `<tr>${heads.join("")}</tr></thead><tbody>`,
    ...rows.map((row) => formatRow(row, columns, hasBoxes)),
    "</tbody></table></div>",
  ].join("\n");
}

function formatRow(row: StatsRow, columns: readonly PageColumn[], hasBoxes: boolean): string {
  const { svname, addr } = row.cells;
  const title = addr === undefined ? "" : ` title="${escapeHtml(String(addr))}"`;
  const isBox = hasBoxes && row.kind === "server";
  const text = isBox ? formatCheckBox(String(svname)) : escapeHtml(String(svname));
  const name = `<td class="name"${title}>${text}</td>`;
  const cells = columns.map(({ cell }) => cell(row));
  const isTotal = row.kind === "frontend" || row.kind === "backend";
  return `<tr${isTotal ? ' class="total"' : ""}>${name}${cells.join("")}</tr>`;
}

function plain(head: string, column: ColumnName, title: string): PageColumn {
  return {
    head,
    title,
    cell: ({ cells }) => `<td>${escapeHtml(String(cells[column] ?? ""))}</td>`,
  };
}

function size(head: string, column: ColumnName, title: string): PageColumn {
  return {
    head,
    title,
    cell: ({ cells }) => {
      const bytes = Number(cells[column] ?? 0);
      return `<td title="${bytes} bytes">${formatSize(bytes)}</td>`;
    },
  };
}

function duration(head: string, column: ColumnName, title: string): PageColumn {
  return {
    head,
    title,
    cell: ({ cells }) => {
      const value = cells[column];
      return `<td>${value === undefined ? "" : formatDuration(Number(value))}</td>`;
    },
  };
}

function lastSession({ cells }: StatsRow): string {
  if (cells.lastsess === undefined) return "<td></td>";
  const value = Number(cells.lastsess);
  return `<td>${value < 0 ? "?" : formatDuration(value)}</td>`;
}

function statusCell({ cells }: StatsRow): string {
  const status = String(cells.status);
  const since = cells.lastchg === undefined ? "" : `${formatDuration(Number(cells.lastchg))} `;
  return `<td class="text ${statusClass(status)}">${since}${escapeHtml(status)}</td>`;
}

function statusClass(status: string): string {
  if (status.startsWith("MAINT")) return "maint";
  if (status.startsWith("DOWN")) return "down";
  if (status === "UP" || status === "OPEN") return "up";
  return status === "no check" ? "" : "warn";
}

function checkCell({ cells }: StatsRow): string {
  if (cells.check_status === undefined) return '<td class="text"></td>';
  const code = cells.check_code === undefined ? "" : `/${cells.check_code}`;
  const took = cells.check_duration === undefined ? "" : ` in ${cells.check_duration}ms`;
  const details = [cells.check_desc, cells.last_chk].filter((text) => text !== "").join(": ");
  const text = `${cells.check_status}${code}${took}`;
  return `<td class="text" title="${escapeHtml(details)}">${escapeHtml(text)}</td>`;
}

function percent(value: string | number | undefined): string {
  return `<td>${value === undefined ? "" : `${value}%`}</td>`;
}
