/** Theme, text size and density, stored in localStorage. */

export type Theme = "system" | "light" | "dark";
export const SIZES = { small: "14px", normal: "15px", large: "17px", larger: "20px", double: "30px" } as const;
export type Size = keyof typeof SIZES;

export type Density = "comfortable" | "compact";

export interface Appearance {
  theme: Theme;
  size: Size;
  density: Density;
}

const dark = () => window.matchMedia("(prefers-color-scheme: dark)");

export function appearance(): Appearance {
  const theme = localStorage.getItem("theme");
  const size = localStorage.getItem("text-size");
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    size: size !== null && size in SIZES ? (size as Size) : "normal",
    density: localStorage.getItem("density") === "compact" ? "compact" : "comfortable",
  };
}

export function setAppearance(next: Appearance) {
  localStorage.setItem("theme", next.theme);
  localStorage.setItem("text-size", next.size);
  localStorage.setItem("density", next.density);
  apply();
}

/** Applies the appearance, now and whenever the system's colour scheme or, in another window, the choice changes. */
export function startAppearance() {
  apply();
  dark().addEventListener("change", apply);
  addEventListener("storage", apply);
}

function apply() {
  const { theme, size, density } = appearance();
  const root = document.documentElement;
  root.dataset["theme"] = theme === "system" ? (dark().matches ? "dark" : "light") : theme;
  root.dataset["density"] = density;
  root.style.setProperty("--text-size", SIZES[size]);
}
