// Asks before something is done. The dialog keeps the keyboard to itself, Escape is "Cancel", and the
// keyboard goes back to where it was.
import { button, element } from "./element.ts";

/** A question. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** The word on the button that does it. */
  readonly action: string;
}

/** Whether the person agrees. */
export function confirmed({ title, text, action }: Question): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = element("dialog", {
      class: "confirm",
      "aria-labelledby": "confirm-title",
      "aria-describedby": "confirm-text",
    });
    const agree = button(action, { class: "primary" }, () => dialog.close("yes"));
    dialog.append(
      element("h2", { id: "confirm-title" }, title),
      element("p", { id: "confirm-text" }, text),
      element(
        "div",
        { class: "buttons" },
        button("Cancel", {}, () => dialog.close("no")),
        agree,
      ),
    );
    const before = document.activeElement;
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    agree.focus();
  });
}
