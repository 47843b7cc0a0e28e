/**
 * The words of the window in the chosen language. English stands in the code and is the key of its translations, so English needs no
 * catalogue, and a text without a German translation is a type error; `hi/` must have the keys of `de/`. Other languages are
 * loaded when they are chosen. `{name}` in a text is a value.
 */
import type { Catalogue, CountedText, Params, Sentence, Text } from "./catalogue";

export type { Sentence, Text } from "./catalogue";

export const LANGUAGES = {
  en: { name: "English", dir: "ltr" },
  de: { name: "Deutsch", dir: "ltr" },
  hi: { name: "हिन्दी", dir: "ltr" },
} as const;
export type Language = keyof typeof LANGUAGES;
/** The value of the setting `language`. */
export type Choice = "system" | Language;

type Value = string | number;

const LOADERS: Record<Exclude<Language, "en">, () => Promise<{ default: Catalogue }>> = { de: () => import("./de"), hi: () => import("./hi") };
const KEY = "language";

let language: Language = "en";
let catalogue: Catalogue | null = null;
const listeners = new Set<() => void>();

/** A text in the chosen language. */
export function t(text: Text): string;
export function t<K extends Sentence>(text: K, values: Record<Params<K>, Value>): string;
export function t(text: Sentence, values?: Record<string, Value>): string {
  return filled(pattern(text), values);
}

/** A text in the chosen language with its values still to be put in. */
export function pattern(text: Sentence): string {
  return catalogue?.[text] ?? text;
}

/** A text of the host, which is English, in the chosen language; as it is if it has no translation. */
export function hostWords(text: string): string {
  return catalogue !== null && Object.hasOwn(catalogue, text) && typeof catalogue[text as Text] === "string" ? t(text as Text) : text;
}

/** A text about a number of things, `{n}` in it: in English one of these two forms. */
export function counted<K extends CountedText>(n: number, one: string, other: K, ...[values]: [Exclude<Params<K>, "n">] extends [never] ? [] : [Record<Exclude<Params<K>, "n">, Value>]): string {
  const forms = catalogue?.[other] ?? { one, other };
  const form = plurals().select(n);
  return filled((form === "one" ? forms.one : undefined) ?? forms.other, { ...values, n });
}

function filled(text: string, values: Record<string, Value> | undefined): string {
  return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => shown(values[name] ?? all)) : text;
}

const rounded = (digits: number) => perLocale((locale) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
const whole = rounded(0);
const tenths = rounded(1);
const plurals = perLocale((locale) => new Intl.PluralRules(locale));

function shown(value: Value): string {
  return typeof value === "number" ? whole().format(value) : value;
}

/** A number with one decimal or none. */
export function decimal(value: number, digits: 0 | 1): string {
  return digits === 0 ? whole().format(value) : tenths().format(value);
}

/** The language and, as far as the system has one for it, the region: `de-AT`. */
export function locale(): string {
  return navigator.languages.find((one) => languageOf(one) === language) ?? language;
}

/** The direction of the window, for what does not take it from the document. */
export function direction(): "ltr" | "rtl" {
  return document.documentElement.dir === "rtl" ? "rtl" : "ltr";
}

/** Creates something for the locale when it is first needed: a formatter is far slower to create than to use. */
export function perLocale<T>(create: (locale: string) => T): () => T {
  let made: { locale: string; value: T } | null = null;
  return () => {
    const now = locale();
    if (made?.locale !== now) made = { locale: now, value: create(now) };
    return made.value;
  };
}

/** Loads the words of the language that was chosen last, and follows the choice of other windows. Never rejects. */
export function startLanguage(): Promise<void> {
  addEventListener("storage", () => void load());
  return load();
}

/** Chooses a language for this and later starts; all windows change at once. */
export function setLanguage(choice: Choice) {
  if (choice === stored()) return;
  localStorage.setItem(KEY, choice);
  void load();
}

/** Whether a text is a value of the setting that this build knows. */
export function isChoice(text: string): text is Choice {
  return text === "system" || isLanguage(text);
}

/** For `useSyncExternalStore`. */
export const languageStore = {
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
  get: () => language,
};

function stored(): string {
  return localStorage.getItem(KEY) ?? "system";
}

async function load(): Promise<void> {
  const choice = stored();
  const next = isLanguage(choice) ? choice : (navigator.languages.map(languageOf).find(isLanguage) ?? "en");
  // Without its words a language is English.
  const words = next === "en" ? null : await LOADERS[next]().then((loaded) => loaded.default, () => null);
  if (choice !== stored()) return;
  catalogue = words;
  language = words ? next : "en";
  document.documentElement.lang = locale();
  document.documentElement.dir = LANGUAGES[language].dir;
  for (const listener of listeners) listener();
}

function languageOf(tag: string): string {
  return tag.split("-", 1)[0] ?? tag;
}

function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}
