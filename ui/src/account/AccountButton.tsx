/** The account button at the foot of the sidebar. Loads its menu on demand. */
import { UserRound } from "lucide-react";
import { type ComponentProps, lazy, Suspense, useState } from "react";
import type { SignIn } from "../bridge";
import { cx } from "../design/cx";
import { Dot } from "../design/Dot";
import { useNow } from "../design/useNow";
import { useOfflineSince } from "../data/online";
import { useSignIn } from "../data/queries";
import { OwnAvatar } from "./Avatar";
import { displayName, signInStatus } from "./words";

const load = () => import("./Menu");
const Menu = lazy(load);

export function AccountButton() {
  const view = useSignIn().data;
  const [isMenuMounted, setMenuMounted] = useState(false);
  // Without a sign-in service and without any account there is nothing to show.
  if (!view || (view.state === "not_configured" && view.people.length === 0)) return null;
  const closed = <MenuTrigger view={view} aria-expanded={false} onClick={() => setMenuMounted(true)} onPointerEnter={() => void load()} onFocus={() => void load()} />;
  return (
    <div className="mt-auto pt-2">
      {isMenuMounted ? (
        <Suspense fallback={closed}>
          <Menu view={view} />
        </Suspense>
      ) : (
        closed
      )}
    </div>
  );
}

export function MenuTrigger({ view, ...rest }: { view: SignIn } & ComponentProps<"button">) {
  const { label, tone } = signInStatus(view, useNow(false), useOfflineSince() !== null);
  const { person } = view;
  const name = person ? displayName(person) : "Local profile";
  return (
    <button
      type="button"
      aria-haspopup="menu"
      title={`${name}: ${label}`}
      className="relative flex w-full cursor-pointer items-center gap-2.5 rounded-lg p-1.5 text-left text-sm hover:bg-hover aria-expanded:bg-hover"
      {...rest}
    >
      {person ? <OwnAvatar person={person} /> : <AnonymousAvatar />}
      <Dot tone={tone} className="absolute bottom-1.5 left-6.5 ring-2 ring-sunken" />
      <span className="sr-only min-w-0 grow @3xl/window:not-sr-only">
        <span className="sr-only">Account: </span>
        <span className="block truncate font-medium">{name}</span> <span className={cx("line-clamp-2 text-xs", tone === "warn" ? "text-warn" : "text-ink-3")}>{label}</span>
      </span>
    </button>
  );
}

export function AnonymousAvatar() {
  return (
    <span aria-hidden className="grid size-7 shrink-0 place-items-center rounded-full bg-hover text-ink-2">
      <UserRound className="size-4" strokeWidth={1.6} />
    </span>
  );
}
