/** The catalogues fit the code, and texts come in the chosen language. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { counted, hostWords, locale, setLanguage, startLanguage, t } from "../src/words";
import { ENDINGS } from "../src/bridge/wire";
import de from "../src/words/de";
import hi from "../src/words/hi";
import { money, tokens } from "../src/data/money";
import { ago, dayAndTime } from "../src/data/time";
import { settingLabel } from "../src/data/settingWords";

const ROOT = join(import.meta.dirname, "../src");
const CRATES = join(import.meta.dirname, "../../crates");
/** Where the host writes words that the catalogues translate: its settings, the options of its asks, and what agents do. */
const OF_THE_HOST = ["growqr-app/src/profile/settings.rs", "growqr-app/src/inbox/conditions.rs", "growqr-core/src/agent/limit.rs", "growqr-core/src/agent/asks.rs", "growqr-core/src/agent/conflicts.rs", "growqr-core/src/agent/reviews.rs", "growqr-core/src/agent/scheduled.rs", "growqr-app/src/timeline/fold.rs", "growqr-app/src/timeline/mod.rs", "growqr-app/src/timeline/words.rs"];
const read = (path: string) => readFileSync(path, "utf8");
const keys = Object.keys(de) as Array<keyof typeof de>;
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).toSorted();
const forms = (words: string | { one?: string; other: string }) => (typeof words === "string" ? [words] : [words.one ?? words.other, words.other]);

const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((path) => /\.tsx?$/.test(path) && !/\.test\.|^words[\\/]|^bridge[\\/]fake/.test(path));

async function choose(language: "en" | "de" | "hi") {
  localStorage.setItem("language", language);
  await startLanguage();
}

afterEach(() => choose("en"));

test("every text that the code shows through the catalogues is in each of them", () => {
  const literal = String.raw`"(?:[^"\\]|\\.)+"`;
  const uses = [new RegExp(String.raw`\b(?:t|rich|pattern)\(\s*(${literal})`, "g"), new RegExp(String.raw`\bcounted\([^"]*${literal},\s*(${literal})`, "g")];
  const used = files.flatMap((path) => uses.flatMap((use) => [...read(join(ROOT, path)).matchAll(use)].map((found) => JSON.parse(found[1] ?? "") as string)));
  expect(used.length).toBeGreaterThan(500);
  for (const catalogue of [de, hi]) expect(used.filter((text) => !Object.hasOwn(catalogue, text))).toEqual([]);
});

test("how a turn ended, and what to do then, is in each catalogue", () => {
  const { limit, failed, ...others } = ENDINGS;
  const written = [...Object.values(others), ...Object.values(limit), ...Object.values(failed)].flatMap(({ title, shortfall, in_window }) => [title, shortfall, in_window]);
  const texts = written.filter((text) => text !== null && text !== "" && text !== "{reason}");
  for (const catalogue of [de, hi]) expect(texts.filter((text) => !Object.hasOwn(catalogue, text ?? ""))).toEqual([]);
});

test("a form for one names the number, where the language uses it for none as well", () => {
  expect(new Intl.PluralRules("hi").select(0)).toBe("one");
  const without = Object.values(hi).filter((words) => typeof words !== "string" && words.other.includes("{n}") && !words.one?.includes("{n}"));
  expect(without).toEqual([]);
});

test("every text of the catalogues is in the code of the window or of the host", () => {
  const code = files.map((path) => read(join(ROOT, path))).join("\n") + OF_THE_HOST.map((path) => read(join(CRATES, path))).join("\n");
  expect(keys.filter((key) => !code.includes(JSON.stringify(key)))).toEqual([]);
});

test("no part of a catalogue takes a text from another one", () => {
  for (const language of ["de", "hi"]) {
    const parts = readdirSync(join(ROOT, "words", language)).filter((name) => name !== "index.ts");
    const all = parts.flatMap((name) => [...read(join(ROOT, "words", language, name)).matchAll(/^ {2}("(?:[^"\\]|\\.)+"):/gm)].map((found) => found[1]));
    expect(all.filter((key, index) => all.indexOf(key) !== index), language).toEqual([]);
    expect(all).toHaveLength(keys.length);
  }
});

test("every translation has the values of its text", () => {
  for (const key of keys) {
    for (const words of [de[key], hi[key]].flatMap(forms)) {
      // The one form of a number may do without it.
      const found = names(words);
      expect(names(key).filter((name) => name !== "n"), key).toEqual(found.filter((name) => name !== "n"));
      expect(words.trim(), key).not.toBe("");
    }
    for (const catalogue of [de, hi]) expect(names(forms(catalogue[key]).at(-1) ?? ""), key).toEqual(names(key));
  }
});

test("texts, numbers, money and times come in the chosen language, with the forms of its numbers", async () => {
  expect([t("Cancel"), counted(1, "{n} layer", "{n} layers"), counted(2_500, "{n} layer", "{n} layers")]).toEqual(["Cancel", "1 layer", "2,500 layers"]);
  await choose("de");
  expect([t("Cancel"), counted(1, "{n} layer", "{n} layers"), counted(2_500, "{n} layer", "{n} layers")]).toEqual(["Abbrechen", "1 Schicht", "2.500 Schichten"]);
  expect(money(42_000_000).replace(/\s/g, " ")).toBe("0,42 $");
  expect(tokens(1_234)).toBe("1,2k");
  expect([ago(0, 5 * 60_000), settingLabel("budget.per_day"), hostWords("model calls for one message"), hostWords("something else"), hostWords("constructor")]).toEqual(["vor 5 Min.", "Für einen Tag", "Modellaufrufe für eine Nachricht", "something else", "constructor"]);
  expect(dayAndTime(Date.UTC(2026, 2, 4, 12))).toMatch(/März/);
  expect([document.documentElement.lang, document.documentElement.dir]).toEqual(["de", "ltr"]);
  await choose("hi");
  expect([t("Cancel"), counted(2, "{n} layer", "{n} layers")]).toEqual(["रद्द करें", "2 परतें"]);
});

test("without a choice it is the language of the system, and English if that has no words", async () => {
  const system = (languages: string[]) => Object.defineProperty(navigator, "languages", { value: languages, configurable: true });
  localStorage.removeItem("language");
  system(["fr-FR", "de-AT", "en"]);
  await startLanguage();
  expect([t("Cancel"), locale()]).toEqual(["Abbrechen", "de-AT"]);
  system(["fr-FR"]);
  await startLanguage();
  expect(t("Cancel")).toBe("Cancel");
  system(["en-US", "en"]);
});

test("a choice is kept and reaches every listener", async () => {
  setLanguage("de");
  await expect.poll(() => t("Cancel")).toBe("Abbrechen");
  expect(localStorage.getItem("language")).toBe("de");
});
