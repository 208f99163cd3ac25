// Light or dark: as the system says, until the person says otherwise on this page's server.
import { button, setAttributes, setText } from "./element.ts";

type Theme = "auto" | "light" | "dark";

const ORDER: readonly Theme[] = ["auto", "light", "dark"];
const KEY = "tandem-theme";

/** The button that goes through the themes. */
export function themeButton(): HTMLButtonElement {
  let theme = storedTheme();
  const made = button("", { class: "quiet" }, () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length]!;
    store(theme);
    show();
  });
  function show(): void {
    setAttributes(document.documentElement, { "data-theme": theme });
    setText(made, `Theme: ${theme}`);
  }
  show();
  return made;
}

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return ORDER.find((theme) => theme === stored) ?? "auto";
  } catch {
    // A browser that keeps nothing.
    return "auto";
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds until the page is closed.
  }
}
