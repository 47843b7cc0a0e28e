import { expect, test } from "vitest";
import type { Person, SignIn } from "../bridge";
import { displayName, initials, signInStatus, timeLeft } from "./words";

const person = (name: string | null, email: string | null): Person => ({ profile: "p", id: "u", name, email, picture_url: null, last_verified_at: 0 });

test.each([
  ["Ada Okafor", null, "AO"],
  ["Ada", null, "A"],
  ["Lin Park-Ferreira de Albuquerque", null, "LA"],
  [null, "ada.okafor@example.com", "AO"],
  ["  ", "ada@example.com", "A"],
  ["élodie 👩‍🚀", null, "É👩"],
  [null, null, "UA"],
])("a person named %s with address %s has the initials %s", (name, email, drawn) => {
  expect(initials(person(name, email))).toBe(drawn);
});

test("a person without a name is shown by their email address", () => {
  expect(displayName(person(null, "ada@example.com"))).toBe("ada@example.com");
});

test("the remaining time is in minutes and never zero", () => {
  expect(timeLeft(600_000, 0)).toBe("10 minutes");
  expect(timeLeft(600_000, 545_000)).toBe("a minute");
  expect(timeLeft(600_000, 700_000)).toBe("a minute");
});

test("a sign-in that is not confirmed says when it last was", () => {
  const view = (state: SignIn["state"]): SignIn => ({ state, person: person("Ada", null), people: [], url: null, until: null, notice: null });
  expect(signInStatus(view("offline"), 2 * 3_600_000, true).label).toBe("Offline: last confirmed 2 h ago");
  expect(signInStatus(view("offline"), 0, false).label).toBe("Last confirmed just now");
  expect(signInStatus(view("online"), 2 * 86_400_000, true).label).toBe("Signed in");
});
