// The dashboard in the browser: asks once a second what is new, and shows it.
import type { ServerFacts } from "../src/dashboard/document.ts";
import { Announcer } from "./announcer.ts";
import { BrokersView } from "./brokers-view.ts";
import { confirmed } from "./confirm-dialog.ts";
import { element, setAttributes, setText } from "./element.ts";
import { ageText, pluralText } from "./figures.ts";
import { shownText } from "./foreign-text.ts";
import { HeadView } from "./head-view.ts";
import { ListenersView } from "./listeners-view.ts";
import { PairView } from "./pair-view.ts";
import { Visibility } from "./row-cells.ts";
import { EntrySearch, sessionSearch } from "./searches.ts";
import { type Action, AnswerError, StatsServer } from "./server.ts";
import { type Changes, type Row, Store } from "./store.ts";
import { eventSentence, isTold, TimelineView } from "./timeline-view.ts";
import { TotalsView } from "./totals-view.ts";

/** Between an answer and the next question, ms; longer while nobody looks. */
const PERIOD_MS = 1_000;
const HIDDEN_PERIOD_MS = 10_000;
/** The first answer comes before guard and agent were asked. */
const SECOND_LOOK_MS = 400;

/** Outcomes of an action in words (haproxy management §9, `;st=`). */
const OUTCOMES: Readonly<Record<string, string>> = {
  DONE: "done",
  NONE: "nothing had to change",
  PART: "done in part",
  ERRP: "not done: the server is unknown, or cannot be changed so",
  EXCD: "not done: the form is too large",
  DENY: "denied: no 'stats admin' allows it",
};

/** The whole page. */
class Dashboard {
  readonly #server: StatsServer;
  readonly #store = new Store();
  readonly #head: HeadView;
  readonly #pair = new PairView();
  readonly #totals = new TotalsView();
  readonly #brokers = new BrokersView();
  readonly #listeners = new ListenersView();
  readonly #timeline = new TimelineView();
  readonly #sessions;
  readonly #entries: EntrySearch;
  readonly #announcer = new Announcer();
  readonly #toast = element("p", { class: "toast", role: "status", hidden: true });
  readonly #closed = element("p", { class: "card dim", hidden: true });
  readonly #visibility = new Visibility(() => undefined);
  #timer: number | undefined;
  #isAsking = false;
  #answerCount = 0;
  #answeredMs = performance.now();
  #roles = new Map<string, string>();

  constructor(uri: string, description: string) {
    this.#server = new StatsServer(uri);
    this.#head = new HeadView(uri, description);
    this.#sessions = sessionSearch(this.#server, () => this.#store.nowMs);
    this.#entries = new EntrySearch(this.#server);
    setText(
      this.#closed,
      "Sessions and sticky entries are shown to clients with an account ('stats auth') " +
        "or with 'stats admin'.",
    );
    const searches = element(
      "div",
      { class: "searches" },
      this.#sessions.node,
      this.#entries.view.node,
    );
    document.body.append(
      this.#head.node,
      element(
        "main",
        {},
        this.#head.problems,
        this.#pair.node,
        this.#totals.node,
        element(
          "div",
          { class: "columns" },
          element(
            "div",
            { class: "column" },
            this.#brokers.node,
            this.#listeners.node,
            this.#closed,
            searches,
          ),
          this.#timeline.node,
        ),
      ),
      this.#toast,
      this.#announcer.node,
    );
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void this.#ask();
    });
  }

  start(): void {
    void this.#ask();
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    clearTimeout(this.#timer);
    try {
      const { run, version } = this.#store;
      const answer = await this.#server.live(run, version);
      this.#answeredMs = performance.now();
      this.#answerCount += 1;
      this.#show(this.#store.take(answer));
      this.#head.showLive("");
    } catch (error) {
      this.#showFailure(error);
    }
    this.#isAsking = false;
    const periodMs = this.#answerCount === 1 ? SECOND_LOOK_MS : PERIOD_MS;
    this.#timer = setTimeout(() => void this.#ask(), document.hidden ? HIDDEN_PERIOD_MS : periodMs);
  }

  #showFailure(error: unknown): void {
    const isRefused =
      error instanceof AnswerError && (error.status === 401 || error.status === 403);
    const age = ageText(performance.now() - this.#answeredMs);
    this.#head.showLive(isRefused ? "sign in: reload the page" : `no answer for ${age}`);
  }

  #show(changes: Changes): void {
    const store = this.#store;
    const { nowMs, node } = store;
    if (changes.isFull) this.#showRows();
    else if (changes.facts.size > 0) this.#brokers.showFacts(changes.facts);
    if (changes.hasNode && node !== undefined) {
      this.#head.show(node);
      this.#pair.show(node, nowMs);
    } else this.#pair.tick(nowMs);
    if (node !== undefined) this.#entries.show(node.tables, store.tableEntries);
    this.#totals.update(store);
    this.#brokers.showFigures(nowMs);
    this.#listeners.update(this.#visibility);
    if (changes.isFull || changes.newEvents.length > 0) this.#timeline.show(store.events, nowMs);
    this.#announce(changes);
  }

  #showRows(): void {
    const { rows, mayAct, maySearch } = this.#store;
    this.#visibility.clear();
    const ordered = [...rows.values()].sort((a, b) => a.index - b.index);
    const isListener = ({ facts }: Row): boolean => facts.kind === "frontend";
    const asked = (action: Action, server: ServerFacts, sessions: number): void => {
      void this.#act(action, server, sessions);
    };
    this.#brokers.show(ordered, mayAct ? asked : undefined, this.#visibility);
    this.#listeners.show(ordered.filter(isListener), this.#visibility);
    setAttributes(this.#closed, { hidden: maySearch });
    setAttributes(this.#sessions.node, { hidden: !maySearch });
    setAttributes(this.#entries.view.node, { hidden: !maySearch });
    if (!maySearch) return;
    if (this.#store.node !== undefined) {
      this.#entries.show(this.#store.node.tables, this.#store.tableEntries);
    }
    void this.#sessions.search();
    void this.#entries.view.search();
  }

  /** A change of the role is told even if its event has not come. */
  #announce({ newEvents, hasNode }: Changes): void {
    const texts = newEvents.filter(isTold).map(eventSentence);
    const { node } = this.#store;
    if (hasNode && node !== undefined) {
      const roles = new Map(node.routers.map(({ name, state }) => [name, state]));
      for (const [name, state] of roles) {
        const before = this.#roles.get(name);
        if (before !== undefined && before !== state) texts.push(`${name} is now ${state}`);
      }
      this.#roles = roles;
    }
    this.#announcer.tell(texts);
  }

  async #act(action: Action, { backend, name }: ServerFacts, sessions: number): Promise<void> {
    const shown = shownText(`${backend}/${name}`);
    const count = pluralText(sessions, "session");
    const question = {
      drain: {
        title: `Drain ${shown}?`,
        text: `Newcomers go elsewhere. Its ${count} stay, and so do clients that stick to it.`,
        action: "Drain",
      },
      maint: {
        title: `Maintenance for ${shown}?`,
        text: `It gets no new connections and is not checked. Its ${count} stay until they end.`,
        action: "Start maintenance",
      },
      ready: {
        title: `Make ${shown} ready?`,
        text: "It takes connections again as its checks and its weight say.",
        action: "Make ready",
      },
    }[action];
    if (!(await confirmed(question))) return;
    let outcome: string;
    try {
      const word = await this.#server.act(action, backend, name);
      outcome = OUTCOMES[word] ?? word;
    } catch (error) {
      outcome = error instanceof AnswerError ? error.message : "no answer";
    }
    setText(this.#toast, `${question.action} ${shown}: ${outcome}`);
    setAttributes(this.#toast, { hidden: false });
    setTimeout(() => setAttributes(this.#toast, { hidden: true }), 6_000);
    await this.#ask();
  }
}

const { uri = "", description = "" } = document.body.dataset;
new Dashboard(uri, description).start();
