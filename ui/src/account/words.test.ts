import { expect, test } from "vitest";
import type { Person } from "../bridge";
import { called, initials, timeLeft } from "./words";

const person = (name: string | null, email: string | null): Person => ({ profile: "p", id: "u", name, email, picture_url: null, last_verified_at: 0 });

test.each([
  ["Ada Okafor", null, "AO"],
  ["Ada", null, "A"],
  ["Lin Park-Ferreira de Albuquerque", null, "LA"],
  [null, "ada.okafor@example.com", "AO"],
  ["  ", "ada@example.com", "A"],
  ["élodie 👩‍🚀", null, "É👩"],
  [null, null, "S"],
])("%s, %s is drawn as %s", (name, email, drawn) => {
  expect(initials(person(name, email))).toBe(drawn);
});

test("who has no name is called by their address", () => {
  expect(called(person(null, "ada@example.com"))).toBe("ada@example.com");
});

test("time left is told in minutes, and never as none", () => {
  expect(timeLeft(600_000, 0)).toBe("10 minutes");
  expect(timeLeft(600_000, 545_000)).toBe("a minute");
  expect(timeLeft(600_000, 700_000)).toBe("a minute");
});
