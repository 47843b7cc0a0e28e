/** The button that opens the account menu: the person's name and the state of their sign-in. */
import { UserRound } from "lucide-react";
import type { ComponentProps } from "react";
import type { SignIn } from "../bridge";
import { cx } from "../design/cx";
import { Dot } from "../design/Dot";
import { useNow } from "../design/useNow";
import { useOfflineSince } from "../data/online";
import { t } from "../words";
import { OwnAvatar } from "./Avatar";
import { displayName, signInStatus } from "./words";

export function MenuTrigger({ view, ...rest }: { view: SignIn } & ComponentProps<"button">) {
  const { label, tone } = signInStatus(view, useNow(false), useOfflineSince() !== null);
  const { person } = view;
  const name = person ? displayName(person) : t("Local profile");
  return (
    <button
      type="button"
      aria-haspopup="menu"
      title={`${name}: ${label}`}
      className="relative flex w-full cursor-pointer items-center gap-2.5 rounded-lg p-1.5 text-start text-sm hover:bg-hover aria-expanded:bg-hover"
      {...rest}
    >
      {person ? <OwnAvatar person={person} /> : <AnonymousAvatar />}
      <Dot tone={tone} className="absolute bottom-1.5 start-6.5 ring-2 ring-sunken" />
      <span className="sr-only min-w-0 grow @3xl/window:not-sr-only">
        <span className="sr-only">{`${t("Account")}: `}</span>
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
