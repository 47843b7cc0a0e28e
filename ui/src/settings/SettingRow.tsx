/** A setting with a text field, saved on Enter and on blur, or with a list of choices. */
import { RotateCcw } from "lucide-react";
import { useEffect, useId, useState } from "react";
import type { Setting } from "../bridge";
import { IconButton } from "../design/Button";
import { Input, Select } from "../design/Field";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { problemInWords, settingLabel } from "../data/settingWords";
import { LabelledRow } from "../design/LabelledRow";
import { hostWords, t } from "../words";
import { CHOICES } from "./choices";

export function SettingRow({ setting }: { setting: Setting }) {
  const id = useId();
  const [value, setValue] = useState(setting.value);
  const request = useRequest();
  const choices = CHOICES[setting.name];
  const label = settingLabel(setting.name);
  useEffect(() => setValue(setting.value), [setting.value]);
  const save = () => {
    const next = value.trim();
    if (next !== setting.value) request.mutate({ op: "set_setting", name: setting.name, value: next });
  };
  const problem = problemInWords(request.error);
  // The next step repeats the description that is already shown.
  if (problem && request.error?.code === "bad_request") problem.nextStep = null;
  return (
    <LabelledRow label={label} about={choices || sameWords(setting.about, label) ? undefined : hostWords(setting.about)} htmlFor={id} below={<InlineError problem={problem} />}>
      <span className="flex items-center gap-1">
        {setting.is_set && (
          <IconButton label={t("Reset to default: {what}", { what: label })} onClick={() => request.mutate({ op: "set_setting", name: setting.name, value: null })}>
            <RotateCcw className="size-4" aria-hidden />
          </IconButton>
        )}
        {setting.name.startsWith("budget.") && value !== "none" && <span className="text-sm text-ink-3">$</span>}
        {choices ? (
          <Select id={id} className="w-auto" value={setting.value} onChange={(event) => request.mutate({ op: "set_setting", name: setting.name, value: event.target.value })}>
            {choices.map(([choice, words]) => (
              <option key={choice} value={choice}>
                {t(words)}
              </option>
            ))}
          </Select>
        ) : (
          <Input id={id} className="w-32 text-end tabular-nums" value={value} onChange={(event) => setValue(event.target.value)} onBlur={save} onKeyDown={(event) => event.key === "Enter" && save()} />
        )}
      </span>
    </LabelledRow>
  );
}

function sameWords(one: string, other: string): boolean {
  return one.localeCompare(other, "en", { sensitivity: "base" }) === 0;
}
