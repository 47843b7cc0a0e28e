import { afterEach, expect, test } from "vitest";
import type { Ask, AskScope } from "../bridge";
import { startLanguage } from "../words";
import { optionLabel } from "./askOptions";
import { settledWords } from "./asks";
import { quoted } from "./names";

async function choose(language: string) {
  localStorage.setItem("language", language);
  await startLanguage();
}
afterEach(() => choose("en"));

const budget = { id: "a", kind: "budget", text: "" } as unknown as Ask;
const label = (text: string) => optionLabel(budget, { id: "x", label: text }).replace(/\s/g, " ");

test("in English an option is as the host wrote it", () => {
  for (const text of ["Raise by $0.50", "Raise by $0.00012345 for this message", "Allow 25 more model calls", "Stop here"]) expect(label(text)).toBe(text);
});

test("amounts and numbers in options come as the language writes them", async () => {
  await choose("de");
  expect(["Raise by $0.50", "Raise by $1234.00 for this message", "Finish with a report (at most $0.00012345 more)"].map(label)).toEqual([
    "Um 0,50 $ erhöhen",
    "Für diese Nachricht um 1.234,00 $ erhöhen",
    "Mit einem Bericht abschließen (höchstens noch 0,00012345 $)",
  ]);
  expect(["Allow 1 more model calls", "Allow 200000 more tokens"].map(label)).toEqual(["Einen weiteren Modellaufruf erlauben", "200.000 weitere Token erlauben"]);
});

test("quotes are those of the language, and a text cannot close them", async () => {
  expect(quoted("a”b")).toBe('“a"b”');
  await choose("de");
  expect(quoted("a“b„c")).toBe('„a"b"c“');
});

test("an answer whose reach this version does not know is shown without it", () => {
  const settled = { by: "person" as const, answer: { text: "yes", scope: "weekly" as AskScope }, rule: null };
  expect(settledWords(budget, settled)).toBe("You answered: “yes”");
});
