/** The first minute: what this is, and who shall answer. */
import { ArrowRight, Brain, GitBranch, KeyRound, Sprout, Users } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "../design/Button";
import { Field, Input } from "../design/Field";
import { Trouble } from "../design/states";
import { useAsk } from "../data/context";

const PROMISES = [
  { icon: Brain, text: "An AI that helps you grow, in skills, career and projects." },
  { icon: GitBranch, text: "It remembers in plain pages that you own; every change can be undone." },
  { icon: Users, text: "It sends sub-agents to work on your own machine, within a budget that you set." },
];

export default function FirstRun({ onGuide }: { onGuide: () => void }) {
  return (
    <main className="h-full overflow-y-auto">
      <div className="mx-auto flex min-h-full max-w-3xl flex-col justify-center gap-8 p-8">
        <header className="flex flex-col gap-5">
          <h1 className="flex items-center gap-3 text-2xl font-semibold">
            <span className="grid size-11 place-items-center rounded-2xl bg-accent text-on-accent">
              <Sprout className="size-6" aria-hidden />
            </span>
            Your Grow Agent
          </h1>
          <ul className="flex flex-col gap-2.5">
            {PROMISES.map(({ icon: Icon, text }) => (
              <li key={text} className="flex items-center gap-3 text-ink-2">
                <Icon className="size-5 shrink-0 text-accent-ink" strokeWidth={1.6} aria-hidden />
                {text}
              </li>
            ))}
          </ul>
        </header>
        <div className="grid gap-4 sm:grid-cols-2">
          <KeyCard />
          <section aria-labelledby="guide" className="flex flex-col gap-3 rounded-2xl border border-line bg-surface p-5">
            <h2 id="guide" className="flex items-center gap-2 font-semibold">
              <Sprout className="size-4 text-accent-ink" aria-hidden /> Without a key
            </h2>
            <p className="text-sm text-ink-2">The built-in guide remembers, searches and sends helpers by fixed rules. There is no AI in it, and it costs nothing. You can add a key later.</p>
            <Button className="mt-auto self-start" onClick={onGuide}>
              Start with the guide <ArrowRight className="size-4" aria-hidden />
            </Button>
          </section>
        </div>
      </div>
    </main>
  );
}

function KeyCard() {
  const [value, setValue] = useState("");
  const ask = useAsk();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate({ op: "set_key", name: "anthropic", value: value.trim() }, { onSuccess: () => setValue("") });
  };
  return (
    <form aria-labelledby="key" onSubmit={submit} className="flex flex-col gap-3 rounded-2xl border border-accent/40 bg-surface p-5 shadow-card">
      <h2 id="key" className="flex items-center gap-2 font-semibold">
        <KeyRound className="size-4 text-accent-ink" aria-hidden /> With an Anthropic key
      </h2>
      <Field label="Key" hint="Kept in memory for this run only; you will be asked again." error={<Trouble problem={ask.error} />}>
        <Input type="password" name="key" placeholder="sk-ant-…" value={value} onChange={(event) => setValue(event.target.value)} />
      </Field>
      <Button type="submit" look="primary" className="mt-auto self-start" disabled={!value.trim() || ask.isPending}>
        Start with Claude <ArrowRight className="size-4" aria-hidden />
      </Button>
    </form>
  );
}
