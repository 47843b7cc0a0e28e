/** The settings of model and effort. */
import { useId, useState } from "react";
import type { LocalServer, ModelRow, Retirement, Setting } from "../bridge";
import { Input, Select } from "../design/Field";
import { QueryView, InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { useLocalServers, useModels } from "../data/queries";
import { problemInWords } from "../data/settingWords";
import { ServerGroup } from "../providers/ServerModels";
import { sameServer } from "../providers/sameServer";
import { useChooseModel } from "../providers/useChooseModel";
import { LabelledRow } from "../design/LabelledRow";
import { t, type Text } from "../words";

const EFFORTS: ReadonlyArray<[string, Text]> = [
  ["auto", "Automatic"],
  ["low", "Low"],
  ["medium", "Medium"],
  ["high", "High"],
  ["xhigh", "Very high"],
  ["max", "Maximum"],
];

export function Model({ settings }: { settings: readonly Setting[] }) {
  const value = (name: string) => settings.find((one) => one.name === name)?.value ?? "";
  return (
    <>
      <QueryView query={useModels()}>{(models) => <Picker models={models} model={value("model")} url={value("openai.base_url")} />}</QueryView>
      {value("model").startsWith("openai/") && <ContextWindow value={value("model.window")} />}
      <Effort value={value("effort")} />
    </>
  );
}

/** The select of models by provider. Models of local servers appear once they are found. */
function Picker({ models, model, url }: { models: readonly ModelRow[]; model: string; url: string }) {
  const id = useId();
  const servers = useLocalServers();
  const { choose, busy, error } = useChooseModel();
  const found = servers.data ?? [];
  const chosen = chosenValue(models, found, model, url);
  const ends = models.find((one) => one.id === chosen.value)?.retires;
  return (
    <LabelledRow label={t("Model")} about={servers.isFetching ? t("Searching for models on this computer…") : t("For the Grow Agent and its sub-agents, from the next message on")} htmlFor={id} below={
      <>
        {ends && <p className="text-sm text-warn">{retirementWords(ends)}</p>}
        <InlineError problem={problemInWords(error)} />
      </>
    }>
      <Select id={id} className="w-60" disabled={busy} value={chosen.value} onChange={(event) => void choose(event.target.value)}>
        {byProvider(models).map(([label, group]) => (
          <optgroup key={label} label={label}>
            {group.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
                {one.retires && ` (${one.retires.date === null ? t("retires soon") : t("retires {date}", { date: one.retires.date })})`}
              </option>
            ))}
          </optgroup>
        ))}
        {found.filter((server) => server.models.length > 0).map((server) => (
          <ServerGroup key={server.url} server={server} />
        ))}
        {!chosen.isKnown && (
          <optgroup label={t("Chosen now")}>
            <option value={chosen.value}>{model.replace(/^openai\//, "").replace(/@https?:\/\//, " at ")}</option>
          </optgroup>
        )}
      </Select>
    </LabelledRow>
  );
}

/** Groups models by provider, in order of appearance. An unknown provider keeps the host's name. */
export function byProvider(models: readonly ModelRow[]): Array<[label: string, models: ModelRow[]]> {
  const groups = new Map<string, ModelRow[]>();
  for (const model of models) {
    const label = providerName(model.provider);
    groups.set(label, [...(groups.get(label) ?? []), model]);
  }
  return [...groups];
}

function providerName(provider: string): string {
  if (provider === "anthropic") return "Anthropic";
  return provider === "guide" ? t("Without AI") : provider;
}

/** What a person is told about a model that ends. */
export function retirementWords({ date, successor }: Retirement): string {
  return date === null ? t("This model retires soon. Choose {successor} in its place.", { successor }) : t("This model retires on {date}. Choose {successor} in its place.", { date, successor });
}

/** The selected option. A local model without an address belongs to the saved server, else to any server that offers it. */
export function chosenValue(models: readonly ModelRow[], servers: readonly LocalServer[], model: string, url: string): { value: string; isKnown: boolean } {
  if (models.some((one) => one.id === model)) return { value: model, isKnown: true };
  const rows = servers.flatMap((server) => server.models.map((row) => ({ id: row.id, url: server.url, plain: row.id.replace(/@https?:\/\/.*$/, "") })));
  const offering = rows.filter((row) => row.id === model || row.plain === model);
  const row = offering.find((one) => one.id === model) ?? offering.find((one) => sameServer(one.url, url)) ?? offering[0];
  return row ? { value: row.id, isKnown: true } : { value: model, isKnown: false };
}

/** The context window of a model whose server reports none. */
function ContextWindow({ value }: { value: string }) {
  const id = useId();
  const request = useRequest();
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? (value === "auto" ? "" : value);
  const save = () => {
    if (typed === null) return;
    request.mutate({ op: "set_setting", name: "model.window", value: typed.trim() || null }, { onSuccess: () => setTyped(null) });
  };
  return (
    <LabelledRow label={t("Context window")} about={t("In tokens, if the model's server does not report it")} htmlFor={id} below={<InlineError problem={problemInWords(request.error)} />}>
      <Input id={id} className="w-60" inputMode="numeric" placeholder={t("Automatic")} value={shown} onChange={(event) => setTyped(event.target.value)} onBlur={save} />
    </LabelledRow>
  );
}

function Effort({ value }: { value: string }) {
  const id = useId();
  const request = useRequest();
  return (
    <LabelledRow label={t("Effort")} about={t("How hard the model works, if supported")} htmlFor={id} below={<InlineError problem={request.error} />}>
      <Select id={id} className="w-60" value={value} onChange={(event) => request.mutate({ op: "set_setting", name: "effort", value: event.target.value })}>
        {EFFORTS.map(([effort, label]) => (
          <option key={effort} value={effort}>
            {t(label)}
          </option>
        ))}
      </Select>
    </LabelledRow>
  );
}
