/** The account menu: current person, other profiles, sign in and out. Mounted open. */
import { Check, LogIn, LogOut, type LucideIcon, RefreshCw, Settings, UserPlus, UserRound } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import type { SignIn } from "../bridge";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { useNow } from "../design/useNow";
import { toSettings } from "../data/links";
import { useOfflineSince } from "../data/online";
import { direction, t } from "../words";
import { showBrowserDialog } from "./browserDialogState";
import { MenuTrigger } from "./MenuTrigger";
import { useSignInCommand } from "./useSignInCommand";
import { displayName, WORKS_UNCONFIRMED, signInStatus } from "./words";

const ROW = "flex cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-sm outline-none data-[highlighted]:bg-hover";

export default function Menu({ view }: { view: SignIn }) {
  const signIn = useSignInCommand("sign_in");
  const signOut = useSignInCommand("sign_out");
  const check = useSignInCommand("sign_in_check");
  const change = useSignInCommand("switch_profile");
  const now = useNow(false);
  const isOffline = useOfflineSince() !== null;
  const { state, person } = view;
  const isSignedIn = state === "online" || state === "offline" || state === "needs_sign_in";
  const others = view.people.filter((one) => one.profile !== person?.profile);
  const trouble = signIn.error ?? signOut.error ?? check.error ?? change.error;
  const begin = (someone_else: boolean) => signIn.mutate({ someone_else, by_port: false });
  return (
    <>
      <Radix.Root dir={direction()} defaultOpen modal={false}>
        <Radix.Trigger asChild>
          <MenuTrigger view={view} />
        </Radix.Trigger>
        <Radix.Content side="top" align="start" sideOffset={6} collisionPadding={8} className="z-20 w-72 rounded-2xl border border-line bg-surface p-1.5 text-ink shadow-card">
          <div className="px-2.5 py-2">
            <p className="truncate font-medium">{person ? displayName(person) : t("Local profile")}</p>
            {person?.email && person.name && <p className="truncate text-xs text-ink-3">{person.email}</p>}
            {(state === "offline" || !view.notice) && <p className="mt-1 text-xs text-ink-2">{signInStatus(view, now, isOffline).label}</p>}
            {view.notice && <p className="mt-1 text-xs text-ink-2">{view.notice}</p>}
            {state === "offline" && <p className="mt-1 text-xs text-ink-3">{t(WORKS_UNCONFIRMED)}</p>}
          </div>
          <Line />
          {(state === "signing_in" || state === "choosing") && <Row icon={LogIn} onSelect={showBrowserDialog} label={state === "choosing" ? t("Answer the question…") : t("Show sign-in…")} />}
          {(state === "needs_sign_in" || state === "offline") && <Row icon={LogIn} onSelect={() => begin(false)} label={t("Sign in again…")} />}
          {state === "signed_out" && <Row icon={LogIn} onSelect={() => begin(false)} label={t("Sign in…")} />}
          {state === "offline" && <Row icon={RefreshCw} onSelect={() => check.mutate({})} label={t("Check now")} />}
          {others.map((one) => (
            <Row key={one.profile} icon={UserRound} onSelect={() => change.mutate({ profile: one.profile })} label={t("Switch to {name}", { name: displayName(one) })} />
          ))}
          {isSignedIn && <Row icon={UserRound} onSelect={() => change.mutate({ profile: "" })} label={t("Switch to the local profile")} />}
          {(isSignedIn || (state === "signed_out" && others.length > 0)) && <Row icon={UserPlus} onSelect={() => begin(true)} label={t("Sign in as someone else…")} />}
          <Line />
          <Row icon={Settings} onSelect={() => (location.hash = toSettings)} label={t("Account settings")} />
          {isSignedIn && <Row icon={LogOut} onSelect={() => signOut.mutate({})} label={t("Sign out")} />}
        </Radix.Content>
      </Radix.Root>
      {state === "online" && check.isSuccess && (
        <p role="status" className="hidden items-center gap-1.5 px-2 pt-1 text-xs text-ink-3 @3xl/window:flex">
          <Check className="size-3.5" aria-hidden /> {t("Confirmed just now")}
        </p>
      )}
      {trouble && (
        // Floats beside the sidebar in a small window, where the sidebar is too narrow for a sentence.
        <div className="fixed bottom-3 start-16 z-20 max-w-80 rounded-xl border border-line bg-surface px-3 pb-2 shadow-card @3xl/window:static @3xl/window:mt-1 @3xl/window:max-w-none">
          <InlineError problem={trouble} />
          <Button look="quiet" className="mt-1 -ms-2 px-2 py-0.5" onClick={() => [signIn, signOut, check, change].forEach((one) => one.reset())}>
            {t("Close")}
          </Button>
        </div>
      )}
    </>
  );
}

function Row({ icon: Icon, label, onSelect }: { icon: LucideIcon; label: ReactNode; onSelect: () => void }) {
  return (
    <Radix.Item onSelect={onSelect} className={ROW}>
      <Icon className="size-4 shrink-0 text-ink-3" strokeWidth={1.7} aria-hidden />
      <span className="truncate">{label}</span>
    </Radix.Item>
  );
}

function Line() {
  return <Radix.Separator className="my-1.5 h-px bg-line" />;
}
