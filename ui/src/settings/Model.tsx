/** Which model answers, and how hard it works. */
import { useId } from "react";
import type { Setting } from "../bridge";
import { Select } from "../design/Field";
import { Read, Trouble } from "../design/states";
import { useAsk } from "../data/context";
import { useModels } from "../data/queries";
import { Line } from "./Line";

const EFFORTS = ["auto", "low", "medium", "high", "xhigh", "max"];

export function Model({ settings }: { settings: readonly Setting[] }) {
  const models = useModels();
  const value = (name: string) => settings.find((one) => one.name === name)?.value ?? "";
  return (
    <Read query={models}>
      {(list) => {
        const current = value("model");
        const known = list.some((model) => model.id === current);
        return (
          <>
            <Choice name="model" label="Model" about="For the Grow Agent and its sub-agents, from the next message on" value={current} options={[...list, ...(known ? [] : [{ id: current, name: current }])]} />
            <Choice name="effort" label="Effort" about="How hard the model works, where it can be chosen" value={value("effort")} options={EFFORTS.map((id) => ({ id, name: id }))} />
          </>
        );
      }}
    </Read>
  );
}

function Choice(props: { name: string; label: string; about: string; value: string; options: ReadonlyArray<{ id: string; name: string }> }) {
  const id = useId();
  const ask = useAsk();
  return (
    <Line label={props.label} about={props.about} htmlFor={id} below={<Trouble problem={ask.error} />}>
      <Select id={id} className="w-60" value={props.value} onChange={(event) => ask.mutate({ op: "set_setting", name: props.name, value: event.target.value })}>
        {props.options.map((option) => (
          <option key={option.id} value={option.id}>
            {option.name}
          </option>
        ))}
      </Select>
    </Line>
  );
}
