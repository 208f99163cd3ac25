// `garp_*` in an instance, `vrrp_garp_*` in global_defs: gratuitous ARP and unsolicited NA.
import type { AnnouncementDraft } from "../draft.ts";
import { served, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { readInteger } from "../values.ts";

const UINT_MAX = 4_294_967_295;
/** Longest delay in seconds whose µs fit into 32 bits. */
const SECONDS_MAX = 4_294;

/** Anything that has the knobs. */
interface Announcing {
  readonly announcements: AnnouncementDraft;
}

/** The six keywords. `name` begins each of them, `where` each message. */
export function announcementKeywords<Draft extends Announcing>(
  name: string,
  where: (draft: Draft) => string,
): readonly Keyword<Draft>[] {
  const delay = (
    word: string,
    field: keyof AnnouncementDraft,
    summary: string,
    unset: string,
  ): Keyword<Draft> =>
    served({
      name: `${name}${word}`,
      form: "SECONDS",
      summary,
      default: unset,
      needs: 1,
      read: ({ words, position }, draft, context) => {
        const text = words[1]!;
        const message =
          word === "garp_master_refresh"
            ? `${where(draft)}Invalid ${name}${word} '${shown(text)}' - ignoring`
            : `${where(draft)}${name}${word} '${shown(text)}' invalid - ignoring`;
        const seconds = readInteger(text, 0, SECONDS_MAX, message, position, context);
        if (seconds !== undefined) draft.announcements[field] = seconds * 1_000;
      },
    });
  const count = (
    word: string,
    field: keyof AnnouncementDraft,
    summary: string,
    unset: string,
  ): Keyword<Draft> =>
    served({
      name: `${name}${word}`,
      form: "COUNT",
      summary,
      default: unset,
      needs: 1,
      read: ({ words, position }, draft, context) => {
        const text = words[1]!;
        const message = `${where(draft)}${name}${word} '${shown(text)}' invalid - ignoring`;
        const value = readInteger(text, 0, UINT_MAX, message, position, context);
        if (value === undefined) return;
        if (value === 0 && word !== "garp_lower_prio_repeat") {
          const least = `${where(draft)}${name}${word} must be greater than 0, setting to 1`;
          context.error(least, position);
        }
        const isZeroMeant = word === "garp_lower_prio_repeat";
        draft.announcements[field] = isZeroMeant ? value : Math.max(1, value);
      },
    });
  return [
    delay(
      "garp_master_delay",
      "secondSetAfterMs",
      "From becoming master to the second set; 0: none.",
      "5",
    ),
    count("garp_master_repeat", "repeat", "Announcements of each address in a set.", "5"),
    delay(
      "garp_master_refresh",
      "refreshMs",
      "Period of announcements while master; 0: none, which is Keepalived's default.",
      "60",
    ),
    count("garp_master_refresh_repeat", "refreshRepeat", "Announcements in each period.", "1"),
    delay(
      "garp_lower_prio_delay",
      "lowerPrioritySecondSetAfterMs",
      "From an advert of lower priority to the second set.",
      "as garp_master_delay",
    ),
    count(
      "garp_lower_prio_repeat",
      "lowerPriorityRepeat",
      "Announcements in each set after an advert of lower priority.",
      "as garp_master_repeat",
    ),
  ];
}
