/** A provider's key: where it is stored; add, replace and remove. Its value is never read back. */
import { useCallback, useState } from "react";
import type { Key } from "../bridge";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { KeyForm } from "../providers/KeyForm";
import { keySourceText, type ProviderName, PROVIDERS } from "../providers/words";
import { LabelledRow } from "../design/LabelledRow";
import { t, type Text } from "../words";

const NONE: Record<ProviderName, Text> = {
  anthropic: "No key. Claude cannot answer without one.",
  openai: "No key. Servers on this computer rarely need one.",
};

export function KeyRow({ name, known }: { name: ProviderName; known: Key | undefined }) {
  const [entering, setEntering] = useState(false);
  const request = useRequest();
  const { variable } = PROVIDERS[name];
  const label = t(PROVIDERS[name].label);
  const done = useCallback(() => setEntering(false), []);
  return (
    <LabelledRow
      label={label}
      about={known ? keySourceText(known.source, variable) : t(NONE[name])}
      below={
        <>
          <InlineError problem={request.error} />
          {entering && (
            <div className="mt-3 max-w-md rounded-xl bg-sunken p-4">
              <KeyForm name={name} action={t("Save key")} onSaved={done} onCancel={done} />
            </div>
          )}
        </>
      }
    >
      <span className="flex gap-2">
        {known && known.source !== "environment" && (
          <Button look="danger" disabled={request.isPending} aria-label={t("Remove: {what}", { what: label })} onClick={() => request.mutate({ op: "set_key", name, value: null })}>
            {t("Remove")}
          </Button>
        )}
        {!entering && known?.source !== "environment" && (
          <Button aria-label={`${known ? t("Replace") : t("Add")}: ${label}`} onClick={() => setEntering(true)}>
            {known ? t("Replace") : t("Add")}
          </Button>
        )}
      </span>
    </LabelledRow>
  );
}
