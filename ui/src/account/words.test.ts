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
])("%s, %s is drawn as %s", (name, email, drawn) => {
  expect(initials(person(name, email))).toBe(drawn);
});

test("who has no name is called by their address", () => {
  expect(displayName(person(null, "ada@example.com"))).toBe("ada@example.com");
});

test("time left is told in minutes, and never as none", () => {
  expect(timeLeft(600_000, 0)).toBe("10 minutes");
  expect(timeLeft(600_000, 545_000)).toBe("a minute");
  expect(timeLeft(600_000, 700_000)).toBe("a minute");
});

test("where the service has not confirmed it, it is told since when", () => {
  const view = (state: SignIn["state"]): SignIn => ({ state, person: person("Ada", null), people: [], url: null, until: null, notice: null });
  expect(signInStatus(view("offline"), 2 * 3_600_000, true).label).toBe("Offline: last confirmed 2 h ago");
  expect(signInStatus(view("offline"), 0, false).label).toBe("Last confirmed just now");
  expect(signInStatus(view("online"), 2 * 86_400_000, true).label).toBe("Signed in");
});
