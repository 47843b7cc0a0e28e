import { afterEach, beforeEach, expect, test } from "vitest";
import { startLanguage } from "../words";
import { workWords } from "./workWords";

async function choose(language: string) {
  localStorage.setItem("language", language);
  await startLanguage();
}
beforeEach(() => choose("de"));
afterEach(() => choose("en"));

test("the host's phrases come in the chosen language, with what they are about as it is", () => {
  expect(workWords({ kind: "tool", label: "Wrote people/me.md" })).toBe("Geschrieben: people/me.md");
  expect(workWords({ kind: "tool", label: "Read on in a long message" })).toBe("In einer langen Nachricht weitergelesen");
  expect(workWords({ kind: "model", label: "Thinking, try 2" })).toBe("Denkt nach, try 2");
  expect(workWords({ kind: "waiting", label: "Waiting for Scout" })).toBe("Wartet auf Scout");
});

test("a phrase about nothing has no colon at its end", () => {
  expect(workWords({ kind: "tool", label: "Wrote" })).toBe("Geschrieben");
});

test("the name of an agent or of a tool is never taken for a phrase", () => {
  expect(workWords({ kind: "sub_agent", label: "Reading club" })).toBe("Reading club");
  expect(workWords({ kind: "waiting", label: "Waiting for Reading club" })).toBe("Wartet auf Reading club");
  expect(workWords({ kind: "tool", label: "Thinking" })).toBe("Thinking");
  expect(workWords({ kind: "model", label: "Reading club" })).toBe("Reading club");
});
