/** The three choices of who answers: Claude with a key, a model on this computer, the built-in guide. */
import { ArrowRight, HardDrive, KeyRound, type LucideIcon, Sprout } from "lucide-react";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import type { LocalServer } from "../bridge";
import { Button } from "../design/Button";
import { cx } from "../design/cx";
import { ExternalLink } from "../design/links";
import { InlineError } from "../design/states";
import { problemInWords } from "../data/settingWords";
import { KeyForm } from "../providers/KeyForm";
import { LocalServers } from "../providers/LocalServers";
import { ServerModels } from "../providers/ServerModels";
import { useChooseModel } from "../providers/useChooseModel";
import { PROVIDERS } from "../providers/words";
import { t } from "../words";

function Choice(props: { icon: LucideIcon; title: string; about: ReactNode; first?: boolean; children: ReactNode }) {
  const id = useId();
  const Icon = props.icon;
  return (
    <section aria-labelledby={id} className={cx("flex min-w-0 flex-col gap-3 rounded-2xl border bg-surface p-5", props.first ? "border-accent/40 shadow-card" : "border-line")}>
      <h3 id={id} className="flex items-center gap-2 font-semibold">
        <Icon className="size-4 text-accent-ink" aria-hidden /> {props.title}
      </h3>
      <p className="text-sm text-ink-2">{props.about}</p>
      {props.children}
    </section>
  );
}

export function KeyChoice() {
  const { console } = PROVIDERS.anthropic;
  return (
    <Choice
      first
      icon={KeyRound}
      title={t("Claude, with your key")}
      about={<>{t("The strongest choice. You pay Anthropic for what you use, within your budget.")} {console && <ExternalLink href={console}>{t("Get a key")}</ExternalLink>}</>}
    >
      <KeyForm name="anthropic" action={t("Start with Claude")} />
    </Choice>
  );
}

export function LocalChoice() {
  return (
    <Choice icon={HardDrive} title={t("A model on this computer")} about={t("Free and private. How well it answers depends on your computer. Works with Ollama, LM Studio and similar servers.")}>
      <LocalServers>{(servers) => <StartLocal servers={servers} />}</LocalServers>
    </Choice>
  );
}

function StartLocal({ servers }: { servers: readonly LocalServer[] }) {
  const id = useId();
  const [picked, setPicked] = useState<string | null>(null);
  const { choose, busy, error } = useChooseModel();
  const [server] = servers;
  const now = picked ?? server?.models[0]?.id ?? "";
  const start = (event: FormEvent) => {
    event.preventDefault();
    if (now) void choose(now);
  };
  return (
    <form aria-label={t("Start with a local model")} onSubmit={start} className="flex flex-col gap-2">
      <label htmlFor={id} className="text-sm font-medium">
        {t("Model")}
      </label>
      <ServerModels id={id} servers={servers} value={now} onChange={setPicked} />
      <InlineError problem={problemInWords(error)} />
      <Button type="submit" look="primary" className="self-start" disabled={busy}>
        {t("Start with this model")} <ArrowRight className="size-4 rtl:-scale-x-100" aria-hidden />
      </Button>
    </form>
  );
}

export function GuideChoice({ onStart }: { onStart: () => void }) {
  return (
    <Choice icon={Sprout} title={t("No AI for now")} about={t("The built-in guide follows fixed rules: it remembers, searches and starts sub-agents. It has no AI and costs nothing.")}>
      <Button className="self-start" onClick={onStart}>
        {t("Start with the guide")} <ArrowRight className="size-4 rtl:-scale-x-100" aria-hidden />
      </Button>
    </Choice>
  );
}
