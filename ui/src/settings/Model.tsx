/** The settings of model and effort. */
import { useId } from "react";
import type { LocalServer, ModelRow, Setting } from "../bridge";
import { Select } from "../design/Field";
import { QueryView, InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { useLocalServers, useModels } from "../data/queries";
import { problemInWords } from "../data/settingWords";
import { optionValue, parseOption, ServerGroup } from "../providers/ServerModels";
import { sameServer } from "../providers/sameServer";
import { useChooseModel } from "../providers/useChooseModel";
import { LabelledRow } from "../design/LabelledRow";

const EFFORTS = [
  ["auto", "Automatic"],
  ["low", "Low"],
  ["medium", "Medium"],
  ["high", "High"],
  ["xhigh", "Very high"],
  ["max", "Maximum"],
] as const;
const LABELS: Record<string, string> = { anthropic: "Anthropic", guide: "Without AI" };

export function Model({ settings }: { settings: readonly Setting[] }) {
  const value = (name: string) => settings.find((one) => one.name === name)?.value ?? "";
  return (
    <>
      <QueryView query={useModels()}>{(models) => <Picker models={models} model={value("model")} url={value("openai.base_url")} />}</QueryView>
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
  const pick = (value: string) => {
    if (models.some((one) => one.id === value)) return void choose(value, null);
    const local = parseOption(value);
    void choose(local.model, local.url);
  };
  return (
    <LabelledRow label="Model" about={servers.isFetching ? "Searching for models on this computer…" : "For the Grow Agent and its sub-agents, from the next message on"} htmlFor={id} below={<InlineError problem={problemInWords(error)} />}>
      <Select id={id} className="w-60" disabled={busy} value={chosen.value} onChange={(event) => pick(event.target.value)}>
        {byProvider(models).map(([label, group]) => (
          <optgroup key={label} label={label}>
            {group.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </optgroup>
        ))}
        {found.filter((server) => server.models.length > 0).map((server) => (
          <ServerGroup key={server.url} server={server} />
        ))}
        {!chosen.isKnown && (
          <optgroup label="Chosen now">
            <option value={chosen.value}>{model.replace(/^openai\//, "")}</option>
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
    const label = LABELS[model.provider] ?? model.provider;
    groups.set(label, [...(groups.get(label) ?? []), model]);
  }
  return [...groups];
}

/** The selected option. A local model belongs to the saved server, else to any server that offers it. */
export function chosenValue(models: readonly ModelRow[], servers: readonly LocalServer[], model: string, url: string): { value: string; isKnown: boolean } {
  if (models.some((one) => one.id === model)) return { value: model, isKnown: true };
  const offering = servers.filter((server) => server.models.some((one) => one.id === model));
  const server = offering.find((one) => sameServer(one.url, url)) ?? offering[0];
  return server ? { value: optionValue({ model, url: server.url }), isKnown: true } : { value: model, isKnown: false };
}

function Effort({ value }: { value: string }) {
  const id = useId();
  const request = useRequest();
  return (
    <LabelledRow label="Effort" about="How hard the model works, if supported" htmlFor={id} below={<InlineError problem={request.error} />}>
      <Select id={id} className="w-60" value={value} onChange={(event) => request.mutate({ op: "set_setting", name: "effort", value: event.target.value })}>
        {EFFORTS.map(([effort, label]) => (
          <option key={effort} value={effort}>
            {label}
          </option>
        ))}
      </Select>
    </LabelledRow>
  );
}
