// vrrp_sync_group: instances that change together.
import type { GroupDraft } from "../draft.ts";
import { recognised, served, skipped, tableOf } from "../keyword.ts";
import { shown } from "../report.ts";
import { notifyKeywords } from "./command.ts";
import { trackKeywords } from "./lists.ts";

/** Everything that may stand in a `vrrp_sync_group`. */
export const GROUP_TABLE = tableOf<GroupDraft>(
  [
    served({
      name: "group",
      form: "{ INSTANCE... }",
      summary: "The members.",
      block: "required",
      read: ({ block, words, position }, draft, context) => {
        if (draft.members.length > 0) {
          context.error(`Group list already specified for sync group ${draft.name}`, position);
          return;
        }
        if (words.length > 1) {
          context.error(`Block group has extra parameters ${shown(words[1]!)} ...`, position);
        }
        for (const item of block ?? []) draft.members.push(...item.words);
      },
    }),
    served({
      name: "sync_group_tracking_weight",
      form: "",
      summary: "Members may have different weights.",
      read: (_statement, draft) => {
        draft.allowsWeights = true;
      },
    }),
  ],
  trackKeywords<GroupDraft>(),
  notifyKeywords<GroupDraft>((draft) => `vrrp group ${draft.name}:`, false),
  recognised<GroupDraft>("Tandem sends no mail; use notify scripts.", ["smtp_alert"]),
  recognised<GroupDraft>("priorities are changed by instances.", ["notify_priority_changes"]),
  recognised<GroupDraft>("it is deprecated; track in the group.", ["global_tracking"]),
  skipped<GroupDraft>("there is no BFD.", ["track_bfd"]),
);
