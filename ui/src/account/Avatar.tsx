/** A person's picture, or their initials until it has loaded. The host fetches the picture, not the page. */
import type { Person } from "../bridge";
import { cx } from "../design/cx";
import { usePicture } from "../data/queries";
import { initials } from "./words";

/** For the signed-in person only; no other picture is fetched. */
export function OwnAvatar({ person, className }: { person: Person; className?: string }) {
  const picture = usePicture(person).data;
  if (!picture) return <Initials person={person} className={className} />;
  return <img src={picture} alt="" className={cx("size-7 shrink-0 rounded-full object-cover", className)} />;
}

export function Initials({ person, className }: { person: Person; className?: string }) {
  return (
    <span aria-hidden className={cx("grid size-7 shrink-0 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent-ink", className)}>
      {initials(person)}
    </span>
  );
}
