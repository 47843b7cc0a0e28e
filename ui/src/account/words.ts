/** Texts of the sign-in states. */
import type { Person, SignIn, SignInState } from "../bridge";
import type { Tone } from "../design/Dot";
import { ago } from "../data/time";
import { counted, t, type Text } from "../words";

export const STATES: Record<SignInState, { label: Text; tone: Tone }> = {
  not_configured: { label: "On this computer", tone: "quiet" },
  signed_out: { label: "Not signed in", tone: "quiet" },
  signing_in: { label: "Signing in…", tone: "active" },
  choosing: { label: "One question left", tone: "waiting" },
  online: { label: "Signed in", tone: "good" },
  offline: { label: "Not confirmed", tone: "quiet" },
  needs_sign_in: { label: "Sign in again", tone: "warn" },
};

/** The status of a person. If the service has not confirmed the sign-in, says when it last did; the notice says why. */
export function signInStatus({ state, person }: SignIn, now: number, isOffline: boolean): { label: string; tone: Tone } {
  const { label, tone } = STATES[state];
  if (state !== "offline" || !person) return { label: t(label), tone };
  const at = ago(person.last_verified_at, now);
  const when = at === t("now") ? t("just now") : at;
  return { label: isOffline ? t("Offline: last confirmed {when}", { when }) : t("Last confirmed {when}", { when }), tone };
}

/** What still works while a sign-in is not confirmed. */
export const WORKS_UNCONFIRMED: Text = "Everything on this computer still works. GrowQR checks again by itself.";

/** The name shown for a person. */
export function displayName(person: Person): string {
  return person.name?.trim() || person.email || t("Unnamed account");
}

/** One or two letters in place of a picture. */
export function initials(person: Person): string {
  const words = displayName(person)
    .split("@", 1)[0]!
    .split(/[\s._-]+/)
    .filter(Boolean);
  const [first = "?", last] = words.length > 1 ? [words[0], words.at(-1)] : words;
  return [first, last]
    .filter((word) => word !== undefined)
    .map((word) => [...word][0]!.toLocaleUpperCase())
    .join("");
}

/** The remaining time of an attempt. In whole minutes: counting seconds would hurry the person. */
export function timeLeft(until: number, now: number): string {
  const minutes = Math.ceil((until - now) / 60_000);
  return counted(Math.max(1, minutes), "a minute", "{n} minutes");
}
