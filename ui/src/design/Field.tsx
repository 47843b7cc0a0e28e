/** Form fields. Each needs a visible label or an aria-label. */
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";

const FIELD = "rounded-lg border border-line-strong/60 bg-surface px-3 py-1.5 text-sm text-ink placeholder:text-ink-3";

export function Field(props: { label: string; hint?: string; error?: ReactNode; children: ReactNode }) {
  return (
    <label className="block">
      <span className="text-sm font-medium">{props.label}</span>
      {props.hint && <span className="mt-0.5 block text-xs text-ink-3">{props.hint}</span>}
      <span className="mt-1.5 block">{props.children}</span>
      {props.error}
    </label>
  );
}

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cx(FIELD, className ?? "w-full")} autoComplete="off" spellCheck={false} {...rest} />;
}

export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select className={cx(FIELD, "cursor-pointer", className ?? "w-full")} {...rest} />;
}
