// The two searches of the page: live sessions, and entries of stick tables.
import type { EntryView, SessionView, TableView } from "../src/dashboard/document.ts";
import { element, setText } from "./element.ts";
import { ageText, bytesText, countText } from "./figures.ts";
import { shownText } from "./foreign-text.ts";
import { cell } from "./row-cells.ts";
import { SearchView } from "./search-view.ts";
import type { StatsServer } from "./server.ts";

/** Live sessions by client id, address, listener or server. */
export function sessionSearch(server: StatsServer, nowMs: () => number): SearchView<SessionView> {
  return new SearchView<SessionView>({
    id: "sessions",
    title: "Sessions",
    label: "Search sessions",
    placeholder: "client id, user, address, listener, backend/server",
    columns: ["Client", "From", "Listener", "Server", "State", "Age", "In", "Out"],
    ask: (text, from, stop) => server.sessions(text, from, stop),
    rowOf: (session) =>
      element(
        "tr",
        { role: "row" },
        element("th", { role: "rowheader", scope: "row", class: "foreign" }, clientNode(session)),
        cell("From", element("span", { class: "mono" }, session.source)),
        cell("Listener", shownText(session.frontend)),
        cell("Server", session.backend === null ? "–" : serverText(session)),
        cell("State", session.state),
        cell("Age", ageText(nowMs() - session.sinceMs)),
        cell("In", bytesText(session.bytesIn)),
        cell("Out", bytesText(session.bytesOut)),
      ),
  });
}

function serverText({ backend, server }: SessionView): string {
  return shownText(`${backend ?? ""}/${server ?? "–"}`);
}

function clientNode({ clientId, username }: SessionView): HTMLElement {
  if (clientId === null) return element("span", { class: "dim" }, "not read");
  const shown =
    clientId === ""
      ? element("span", { class: "dim" }, "empty")
      : // Its own direction of reading ends with it.
        element("bdi", { class: "mono" }, shownText(clientId));
  if (username === null) return shown;
  const user = element("bdi", {}, shownText(username));
  return element("span", {}, shown, element("span", { class: "dim user" }, "user ", user));
}

/** Entries of a table that is chosen. */
export class EntrySearch {
  readonly view: SearchView<EntryView>;
  readonly #choice = element("select", { id: "entries-table" });
  readonly #options = new Map<string, HTMLOptionElement>();

  constructor(server: StatsServer) {
    const label = element("label", { for: "entries-table" }, "Table");
    this.view = new SearchView<EntryView>(
      {
        id: "entries",
        title: "Sticky entries",
        label: "Search entries",
        placeholder: "key or server",
        columns: ["Key", "Server", "Expires in", "Data"],
        ask: (text, from, stop) => {
          const table = this.#choice.value;
          if (table === "") return Promise.resolve({ rows: [], next: null });
          return server.entries(table, text, from, stop);
        },
        rowOf: entryRow,
      },
      label,
      this.#choice,
    );
    this.#choice.addEventListener("change", () => void this.view.search());
  }

  /** Shows the tables and how full they are. */
  show(tables: readonly TableView[], entries: readonly number[]): void {
    const names = new Set(tables.map(({ name }) => name));
    for (const [name, option] of this.#options) {
      if (names.has(name)) continue;
      option.remove();
      this.#options.delete(name);
    }
    tables.forEach(({ name, entriesMax }, index) => {
      let option = this.#options.get(name);
      if (option === undefined) {
        option = element("option", { value: name });
        this.#options.set(name, option);
        this.#choice.append(option);
      }
      const used = countText(entries[index] ?? 0);
      setText(option, `${shownText(name)} (${used} of ${countText(entriesMax)})`);
    });
  }
}

function entryRow({ key, server, expiresInMs, data }: EntryView): HTMLElement {
  return element(
    "tr",
    { role: "row" },
    element(
      "th",
      { role: "rowheader", scope: "row", class: "foreign" },
      element("bdi", { class: "mono" }, shownText(key)),
    ),
    cell("Server", server === null ? "–" : shownText(server)),
    cell("Expires in", expiresInMs === null ? "never" : ageText(expiresInMs)),
    cell("Data", element("span", { class: "mono cut" }, shownText(data))),
  );
}
