/** The loading, empty and failed states of views, and inline errors. */
import { CircleAlert, type LucideIcon, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./Button";
import { cx } from "./cx";
import type { CopyState } from "./useCopy";
import { hostWords, t } from "../words";

export function Loading({ label = t("Loading") }: { label?: string }) {
  return (
    <div role="status" className="flex flex-col gap-3 p-6">
      <span className="sr-only">{label}</span>
      {["w-1/3", "w-2/3", "w-1/2"].map((width) => (
        <div key={width} className={cx("breathe h-3 rounded bg-hover", width)} />
      ))}
    </div>
  );
}

export function Empty(props: { icon: LucideIcon; title: string; children?: ReactNode }) {
  const Icon = props.icon;
  return (
    <div className="mx-auto flex max-w-sm flex-col items-center gap-2 p-10 text-center">
      <Icon className="size-8 text-ink-3" strokeWidth={1.4} aria-hidden />
      <p className="font-medium">{props.title}</p>
      <div className="text-sm text-ink-3">{props.children}</div>
    </div>
  );
}

/** An error with a next step. */
export interface Problem {
  message: string;
  nextStep?: string | null;
}

export function ErrorPanel({ problem, retry }: { problem: Problem; retry?: () => void }) {
  return (
    <div role="alert" className="mx-auto my-6 flex max-w-md flex-col items-center gap-2 p-6 text-center">
      <CircleAlert className="size-7 text-bad" strokeWidth={1.5} aria-hidden />
      <p dir="auto" className="font-medium">{hostWords(problem.message)}</p>
      {problem.nextStep && <p dir="auto" className="text-sm text-ink-2">{hostWords(problem.nextStep)}</p>}
      {retry && (
        <Button onClick={retry} className="mt-2">
          <RotateCw className="size-4" aria-hidden /> {t("Try again")}
        </Button>
      )}
    </div>
  );
}

/** The same error in one line, next to the control that it belongs to. */
export function InlineError({ problem }: { problem: Problem | null | undefined }) {
  if (!problem) return null;
  return (
    <p role="alert" dir="auto" className="mt-1.5 text-sm text-bad">
      {hostWords(problem.message)} {problem.nextStep && <span className="text-ink-2">{hostWords(problem.nextStep)}</span>}
    </p>
  );
}

/** Says that copying failed, below the text with the copy button. */
export function NotCopied({ state, className }: { state: CopyState; className?: string }) {
  if (state !== "failed") return null;
  return (
    <p role="alert" className={cx("mt-1.5 text-sm text-bad", className)}>
      {t("Copying failed.")} <span className="text-ink-2">{t("Select the text and copy it yourself.")}</span>
    </p>
  );
}

interface Query<T> {
  data: T | undefined;
  error: Problem | null;
  refetch: () => unknown;
}

/** Renders a query: its data, else its error, else the loading state. Stale data stays visible during a refetch. */
export function QueryView<T>({ query, children }: { query: Query<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorPanel problem={query.error} retry={() => void query.refetch()} />;
  return <Loading />;
}
