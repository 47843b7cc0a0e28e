/** The first run: what GrowQR is, and the choice who answers. Aligned to the top, so that late results move nothing above. */
import { Brain, GitBranch, type LucideIcon, Sprout, Users } from "lucide-react";
import { GuideChoice, KeyChoice, LocalChoice } from "./choices";
import { SignInHint } from "./SignInHint";
import { t, type Text } from "../words";

const PROMISES: ReadonlyArray<{ icon: LucideIcon; text: Text }> = [
  { icon: Brain, text: "An AI that helps you grow, in skills, career and projects." },
  { icon: GitBranch, text: "It remembers in plain text pages that you own. You can undo every change." },
  { icon: Users, text: "It sends sub-agents to work on your own machine, within a budget that you set." },
];

export default function FirstRun({ onGuide }: { onGuide: () => void }) {
  return (
    <main className="@container/window h-full overflow-y-auto">
      <div className="mx-auto flex max-w-5xl flex-col gap-7 p-6 @3xl/window:px-8 @3xl/window:pt-[min(14vh,9rem)]">
        <header className="flex flex-col gap-4">
          <h1 className="flex items-center gap-3 text-2xl font-semibold">
            <span className="grid size-11 place-items-center rounded-2xl bg-accent text-on-accent">
              <Sprout className="size-6" aria-hidden />
            </span>
            {t("Your Grow Agent")}
          </h1>
          <ul className="flex flex-col gap-2">
            {PROMISES.map(({ icon: Icon, text }) => (
              <li key={text} className="flex items-center gap-3 text-ink-2">
                <Icon className="size-5 shrink-0 text-accent-ink" strokeWidth={1.6} aria-hidden />
                {t(text)}
              </li>
            ))}
          </ul>
        </header>
        <section aria-labelledby="who" className="flex flex-col gap-3">
          <h2 id="who" className="font-semibold">
            {t("Who should answer you?")}
            <span className="ms-2 text-sm font-normal text-ink-3">{t("You can change this at any time.")}</span>
          </h2>
          <div className="grid items-stretch gap-4 @3xl/window:grid-cols-3">
            <KeyChoice />
            <LocalChoice />
            <GuideChoice onStart={onGuide} />
          </div>
        </section>
        <SignInHint />
      </div>
    </main>
  );
}
