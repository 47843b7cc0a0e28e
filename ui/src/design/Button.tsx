/** Buttons. An icon button needs a `label`, which becomes its accessible name and its tooltip. */
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";

type Look = "primary" | "plain" | "quiet" | "danger";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:brightness-110 border-transparent",
  plain: "bg-surface text-ink border-line hover:bg-hover",
  quiet: "text-ink-2 border-transparent hover:bg-hover hover:text-ink",
  danger: "bg-surface text-bad border-line hover:bg-bad-soft",
};

const SHAPE =
  "inline-flex items-center justify-center gap-1.5 rounded-lg border text-sm font-medium whitespace-nowrap cursor-pointer transition-colors disabled:opacity-50 disabled:cursor-default";

export function Button({ look = "plain", className, ...rest }: ComponentProps<"button"> & { look?: Look }) {
  return <button type="button" className={cx(SHAPE, "px-3 py-1.5", LOOKS[look], className)} {...rest} />;
}

export function IconButton(props: ComponentProps<"button"> & { label: string; look?: Look; children: ReactNode }) {
  const { label, look = "quiet", className, ...rest } = props;
  return <button type="button" aria-label={label} title={label} className={cx(SHAPE, "size-8 shrink-0", LOOKS[look], className)} {...rest} />;
}
