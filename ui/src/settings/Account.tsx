/** The account settings: the signed-in person, other profiles, sign in and out. */
import { LogIn, LogOut, RefreshCw } from "lucide-react";
import type { Person, SignIn } from "../bridge";
import { Initials, OwnAvatar } from "../account/Avatar";
import { useSignInCommand } from "../account/useSignInCommand";
import { displayName, WORKS_UNCONFIRMED, signInStatus, STATES } from "../account/words";
import { Button } from "../design/Button";
import { QueryView, InlineError } from "../design/states";
import { useNow } from "../design/useNow";
import { useOfflineSince } from "../data/online";
import { useSignIn } from "../data/queries";
import { ago, exactTime } from "../data/time";
import { LabelledRow } from "../design/LabelledRow";
import { t } from "../words";
import { rich } from "../words/rich";

export function Account() {
  return <QueryView query={useSignIn()}>{(view) => <AccountRows view={view} />}</QueryView>;
}

function AccountRows({ view }: { view: SignIn }) {
  const others = view.people.filter((one) => one.profile !== view.person?.profile);
  return (
    <>
      {view.person ? <CurrentPerson view={view} person={view.person} /> : <LocalProfile view={view} />}
      {others.map((person) => (
        <OtherProfile key={person.profile} person={person} canSwitch={view.state !== "not_configured"} />
      ))}
    </>
  );
}

function CurrentPerson({ view, person }: { view: SignIn; person: Person }) {
  const signIn = useSignInCommand("sign_in");
  const signOut = useSignInCommand("sign_out");
  const check = useSignInCommand("sign_in_check");
  const now = useNow(false);
  const isOffline = useOfflineSince() !== null;
  const { state } = view;
  const details = (
    <>
      {person.name && person.email && <span className="block">{person.email}</span>}
      <span title={exactTime(person.last_verified_at)}>
        {state === "offline" ? signInStatus(view, now, isOffline).label : `${t(STATES[state].label)}. ${t("Last confirmed {when}", { when: ago(person.last_verified_at, now) })}`}.
      </span>
      {view.notice && <span className="block text-ink-2">{view.notice}</span>}
      {state === "offline" && <span className="block">{t(WORKS_UNCONFIRMED)}</span>}
    </>
  );
  const isSignedIn = state === "online" || state === "offline" || state === "needs_sign_in";
  return (
    <>
      <div className="flex items-center gap-3">
        <OwnAvatar person={person} className="size-10 text-sm" />
        <div className="grow">
          <LabelledRow label={displayName(person)} about={details} below={<InlineError problem={signIn.error ?? check.error} />}>
            {(state === "online" || state === "offline") && (
              <Button disabled={check.isPending} onClick={() => check.mutate({})}>
                <RefreshCw className="size-4" aria-hidden /> {t("Check now")}
              </Button>
            )}
            {state === "needs_sign_in" && (
              <Button look="primary" disabled={signIn.isPending} onClick={() => signIn.mutate({ someone_else: false, by_port: false })}>
                <LogIn className="size-4" aria-hidden /> {t("Sign in again")}
              </Button>
            )}
          </LabelledRow>
        </div>
      </div>
      {isSignedIn && (
        <LabelledRow label={t("Sign out")} about={t("Ends the sign-in on this computer and at the service. Your conversations, memory, settings and keys stay on this computer for your next sign-in.")} below={<InlineError problem={signOut.error} />}>
          <Button disabled={signOut.isPending} onClick={() => signOut.mutate({})}>
            <LogOut className="size-4" aria-hidden /> {t("Sign out")}
          </Button>
        </LabelledRow>
      )}
    </>
  );
}

function LocalProfile({ view }: { view: SignIn }) {
  const signIn = useSignInCommand("sign_in");
  if (view.state === "not_configured") {
    return (
      <LabelledRow
        label={t("Local profile")}
        about={
          <>
            {rich("Everything works without signing in. To use accounts, create a Clerk application and set {key} (or {issuer}) and {client} in the environment, or the same names in lower case in {file} in the data folder. Then restart GrowQR.", {
              key: <Code>CLERK_PUBLISHABLE_KEY</Code>,
              issuer: <Code>CLERK_ISSUER</Code>,
              client: <Code>CLERK_OAUTH_CLIENT_ID</Code>,
              file: <Code>config.toml</Code>,
            })}
          </>
        }
      >
        {null}
      </LabelledRow>
    );
  }
  return (
    <LabelledRow label={t("Local profile")} about={t("You are not signed in. Your data stays on this computer.")} below={<InlineError problem={signIn.error} />}>
      <Button look="primary" disabled={signIn.isPending || view.state !== "signed_out"} onClick={() => signIn.mutate({ someone_else: false, by_port: false })}>
        <LogIn className="size-4" aria-hidden /> {t("Sign in")}
      </Button>
    </LabelledRow>
  );
}

function OtherProfile({ person, canSwitch }: { person: Person; canSwitch: boolean }) {
  const change = useSignInCommand("switch_profile");
  return (
    <div className="flex items-center gap-3">
      <Initials person={person} className="size-10 text-sm" />
      <div className="grow">
        <LabelledRow label={displayName(person)} about={person.name && <span>{person.email}</span>} below={<InlineError problem={change.error} />}>
          {canSwitch && (
            <Button aria-label={t("Switch to {name}", { name: displayName(person) })} disabled={change.isPending} onClick={() => change.mutate({ profile: person.profile })}>
              {t("Switch")}
            </Button>
          )}
        </LabelledRow>
      </div>
    </div>
  );
}

function Code({ children }: { children: string }) {
  return <span className="font-mono select-all">{children}</span>;
}
