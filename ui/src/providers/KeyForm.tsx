/** The form for a key, with the result of the provider's check and where the key will be stored. */
import { Check, LoaderCircle } from "lucide-react";
import { type FormEvent, useId } from "react";
import { Button } from "../design/Button";
import { Input } from "../design/Field";
import { InlineError } from "../design/states";
import { useKeys } from "../data/queries";
import { t, type Text } from "../words";
import { type KeyState, useKeyEntry } from "./useKeyEntry";
import { type ProviderName, PROVIDERS, storageHint } from "./words";

export function KeyForm(props: { name: ProviderName; action: string; onSaved?: () => void; onCancel?: () => void }) {
  const id = useId();
  const { placeholder, who } = PROVIDERS[props.name];
  const label = t(PROVIDERS[props.name].label);
  const keychain = useKeys().data?.keychain;
  const { value, state, enter, submit, saveAnyway } = useKeyEntry(props.name, props.onSaved ?? noop);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit();
  };
  return (
    <form aria-label={label} onSubmit={onSubmit} className="flex flex-col gap-2">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <Input id={id} type="password" name="key" aria-describedby={`${id}-kept`} placeholder={placeholder} value={value} onChange={(event) => enter(event.target.value)} />
      <CheckStatus state={state} who={who} onSaveAnyway={saveAnyway} />
      <p id={`${id}-kept`} className="text-xs text-ink-3">
        {keychain && storageHint(keychain)}
      </p>
      <div className="flex gap-2">
        <Button type="submit" look="primary" disabled={!value.trim() || state.at === "saving"}>
          {props.action}
        </Button>
        {props.onCancel && (
          <Button look="quiet" onClick={props.onCancel}>
            {t("Cancel")}
          </Button>
        )}
      </div>
    </form>
  );
}

function noop() {}

/** The result of the check. The live region is always mounted, so that the layout is stable and changes are announced. */
function CheckStatus({ state, who, onSaveAnyway }: { state: KeyState; who: Text; onSaveAnyway: () => void }) {
  const isWrong = state.at === "refused" || state.at === "failed";
  return (
    <div className="min-h-5">
      <div role="status" className="text-sm text-ink-2">
        {(state.at === "checking" || state.at === "saving") && (
          <p className="flex items-center gap-1.5">
            <LoaderCircle className="size-4 animate-spin text-ink-3" aria-hidden />
            {state.at === "checking" ? t("Checking the key…") : t("Saving the key…")}
          </p>
        )}
        {state.at === "accepted" && (
          <p className="flex items-center gap-1.5 text-accent-ink">
            <Check className="size-4" aria-hidden /> {t("{who} accepts this key.", { who: t(who) })}
          </p>
        )}
        {state.at === "unknown" && (
          <div className="flex flex-col items-start gap-2">
            <p className="text-warn">{state.message}</p>
            <Button onClick={onSaveAnyway}>{t("Save anyway")}</Button>
          </div>
        )}
      </div>
      {isWrong && <InlineError problem={state.at === "failed" ? state.problem : { message: state.message, nextStep: t("Copy the whole key again, or create a new one.") }} />}
    </div>
  );
}
