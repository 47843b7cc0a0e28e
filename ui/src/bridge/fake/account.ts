/** The simulated sign-in. Ada and Lin have profiles; no request leaves the page. */
import type { LinkedPlace } from "../commands";
import type { HostEvent } from "../host";
import type { Person, SignIn, SignInState } from "../wire";
import { hostError } from "./hostError";

const DAY = 24 * 60 * 60 * 1_000;
const MINUTES_10 = 10 * 60 * 1_000;
const SAVED = "fake-account";

/** A green square. */
const PICTURE = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAxIDEiPjxyZWN0IHdpZHRoPSIxIiBoZWlnaHQ9IjEiIGZpbGw9IiMxZDZiNDYiLz48L3N2Zz4=";

const ada = (): Person => ({ profile: "p-ada", id: "user_ada", name: "Ada Okafor", email: "ada@example.com", picture_url: "https://img.clerk.com/ada", last_verified_at: Date.now() - DAY });
const lin = (): Person => ({ profile: "p-lin", id: "user_lin", name: "Lin Park-Ferreira de Albuquerque", email: "lin.park-ferreira@a-rather-long-name.example.com", picture_url: null, last_verified_at: Date.now() - 3 * DAY });

const NOTICES: Partial<Record<SignInState, string>> = {
  offline: "The sign-in service cannot be reached: no connection.",
  needs_sign_in: "The sign-in service refused: the sign-in has ended.",
};

interface Saved {
  state: SignInState;
  person: Person | null;
  people: Person[];
  url: string | null;
  until: number | null;
  notice: string | null;
}

const isKnown = (state: SignInState) => state === "online" || state === "offline" || state === "needs_sign_in";

export class Account {
  #now: Saved;
  readonly #asked: string | null;

  constructor(options: URLSearchParams) {
    const saved = sessionStorage.getItem(SAVED);
    const state = (options.get("account") ?? "not_configured") as SignInState;
    this.#asked = options.get("notice");
    const people = isKnown(state) ? [ada(), lin()] : [];
    const fresh = { state, person: isKnown(state) || state === "choosing" ? ada() : null, people, url: null, until: null, notice: this.#asked ?? NOTICES[state] ?? null };
    this.#now = saved ? (JSON.parse(saved) as Saved) : state === "signing_in" ? { ...fresh, ...attempt(false) } : fresh;
    addEventListener("fake-signed-in", () => this.#completeSignIn());
  }

  view(): SignIn {
    return this.#now;
  }

  profile(): string {
    return isKnown(this.#now.state) && this.#now.person ? this.#now.person.profile : "local";
  }

  begin(byPort: boolean): SignIn {
    return this.#set({ ...attempt(byPort), notice: this.#asked });
  }

  cancel(): SignIn {
    return this.#set({ state: "signed_out", person: null, url: null, until: null, notice: null });
  }

  choose(adopt: boolean): SignIn {
    return this.#open(ada(), !adopt);
  }

  check(): SignIn {
    return this.#set({ state: "online", notice: null });
  }

  signOut(): SignIn {
    const view = this.#set({ state: "signed_out", person: null, notice: null });
    emit("profile-changed");
    return view;
  }

  switchTo(profile: string): SignIn {
    if (profile === "") return this.signOut();
    const person = this.#now.people.find((one) => one.profile === profile);
    if (!person) throw hostError("not_found", "No account of that name has a profile on this computer.");
    return this.#open(person, true);
  }

  picture(): string | null {
    return this.#now.person?.picture_url ? PICTURE : null;
  }

  takePlace(): LinkedPlace | null {
    const place = sessionStorage.getItem("fake-place");
    sessionStorage.removeItem("fake-place");
    return place === null ? null : (JSON.parse(place) as LinkedPlace);
  }

  /** The browser has returned. A person without a profile is asked who owns the local data. */
  #completeSignIn() {
    if (this.#now.people.length > 0) return void this.#open(ada(), true);
    this.#set({ state: "choosing", person: ada(), url: null, until: null });
    emit("sign-in-changed");
  }

  #open(person: Person, elsewhere: boolean): SignIn {
    const people = this.#now.people.length > 0 ? this.#now.people : [ada(), lin()];
    const view = this.#set({ state: "online", person: { ...person, last_verified_at: Date.now() }, people, url: null, until: null, notice: null });
    emit(elsewhere ? "profile-changed" : "sign-in-changed");
    return view;
  }

  #set(change: Partial<Saved>): SignIn {
    this.#now = { ...this.#now, ...change };
    sessionStorage.setItem(SAVED, JSON.stringify(this.#now));
    return this.#now;
  }
}

function attempt(byPort: boolean) {
  const back = encodeURIComponent(byPort ? "http://127.0.0.1:40123/auth/callback" : "ai.growqr.desktop://auth/callback");
  const url = `https://clerk.example.com/oauth/authorize?response_type=code&client_id=growqr&scope=openid%20profile%20email%20offline_access&redirect_uri=${back}&state=Vt0Xk2&code_challenge_method=S256`;
  return { state: "signing_in" as const, url, until: Date.now() + MINUTES_10 };
}

function emit(event: HostEvent) {
  setTimeout(() => dispatchEvent(new Event(`fake-${event}`)));
}
