/** Tabs with keyboard support. */
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { direction } from "../words";
import { cx } from "./cx";

export interface Tab<T extends string> {
  value: T;
  label: string;
}

export function Tabs<T extends string>(props: { label: string; tabs: ReadonlyArray<Tab<T>>; value: T; onChange: (value: T) => void; children: ReactNode; aside?: ReactNode }) {
  return (
    <Radix.Root dir={direction()} value={props.value} onValueChange={(value) => props.onChange(value as T)} className="flex min-h-0 grow flex-col">
      <div className="flex h-10 shrink-0 items-center gap-2 border-b border-line px-4">
        <Radix.List aria-label={props.label} className="flex h-full gap-1">
          {props.tabs.map(({ value, label }) => (
            <Radix.Trigger
              key={value}
              value={value}
              className={cx("cursor-pointer border-b-2 px-2.5 text-sm", value === props.value ? "border-accent font-medium" : "border-transparent text-ink-2 hover:text-ink")}
            >
              {label}
            </Radix.Trigger>
          ))}
        </Radix.List>
        <div className="ms-auto flex items-center gap-2">{props.aside}</div>
      </div>
      <Radix.Content value={props.value} className="flex min-h-0 grow flex-col" tabIndex={-1}>
        {props.children}
      </Radix.Content>
    </Radix.Root>
  );
}
