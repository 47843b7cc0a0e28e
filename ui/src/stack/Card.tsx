/** A card of the stack view, with a title, a state in words and its sentence. */
import { type ReactNode, useId } from "react";
import { inWindow } from "../bridge";
import type { Tone } from "../data/status";
import { plainText, withStop } from "../data/plainText";
import { cx } from "../design/cx";
import { Dot, TEXT } from "../design/Dot";
import { hostWords } from "../words";

export function Card(props: { title: ReactNode; aside?: ReactNode; state: { label: string; tone: Tone } | null; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex min-w-0 flex-col rounded-2xl border border-line bg-surface p-4">
      <div className="flex flex-wrap items-baseline gap-x-2 gap-y-0.5">
        <h3 id={id} className="font-semibold">
          {props.title}
        </h3>
        {props.aside && <span className="min-w-0 text-xs text-ink-3 [overflow-wrap:anywhere]">{props.aside}</span>}
        {props.state && (
          <span className={cx("ms-auto flex items-center gap-1.5 text-sm font-medium", TEXT[props.state.tone])}>
            <Dot tone={props.state.tone} /> {props.state.label}
          </span>
        )}
      </div>
      {props.children}
    </section>
  );
}

/** What the host found, and its next step. The words may contain a container's. */
export function Found({ text, nextStep, isBad }: { text: string; nextStep: string | null; isBad: boolean }) {
  if (!text && !nextStep) return null;
  return (
    <p className="mt-1 text-sm text-ink-2 [overflow-wrap:anywhere] first-letter:uppercase">
      {text && <span lang="en" dir="auto" className={isBad ? "text-bad" : undefined}>{plainText(nextStep ? withStop(text) : text)} </span>}
      {nextStep && plainText(hostWords(inWindow(nextStep) ?? ""))}
    </p>
  );
}
