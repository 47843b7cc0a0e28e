/** The language of the window. Each is named in its own words. */
import { useEffect, useId, useRef } from "react";
import type { Setting } from "../bridge";
import { Select } from "../design/Field";
import { LabelledRow } from "../design/LabelledRow";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { problemInWords } from "../data/settingWords";
import { isChoice, type Language, LANGUAGES, languageStore, t } from "../words";

/** The language in which the person chose another one. That renders the window anew, and the focus comes back to the list. */
let before: Language | null = null;

export function LanguageSetting({ settings }: { settings: readonly Setting[] }) {
  const id = useId();
  const list = useRef<HTMLSelectElement>(null);
  const request = useRequest();
  const setting = settings.find((one) => one.name === "language");
  useEffect(() => {
    const hasChanged = before !== null && before !== languageStore.get();
    before = null;
    // After the view has gone to its section.
    if (hasChanged) requestAnimationFrame(() => list.current?.focus());
  }, []);
  // A host of an earlier build has no such setting.
  if (!setting) return null;
  const choose = (value: string) => {
    if (!isChoice(value)) return;
    before = languageStore.get();
    // The settings that are read anew change the language: see `LanguageOfSettings`.
    request.mutate({ op: "set_setting", name: setting.name, value });
  };
  return (
    <LabelledRow label={t("Language")} about={t("Of the window. What agents, the host and other programs write stays as it is.")} htmlFor={id} below={<InlineError problem={problemInWords(request.error)} />}>
      <Select ref={list} id={id} className="w-auto" value={setting.value} onChange={(event) => choose(event.target.value)}>
        <option value="system">{t("System")}</option>
        {Object.entries(LANGUAGES).map(([value, { name }]) => (
          <option key={value} value={value} lang={value}>
            {name}
          </option>
        ))}
      </Select>
    </LabelledRow>
  );
}
