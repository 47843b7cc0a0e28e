/** The switch that keeps text from outside from causing risky calls. */
import { TriangleAlert } from "lucide-react";
import { useId } from "react";
import type { Setting } from "../bridge";
import { InlineError } from "../design/states";
import { Switch } from "../design/Switch";
import { useRequest } from "../data/context";
import { LabelledRow } from "../design/LabelledRow";
import { t } from "../words";

const NAME = "rules.ask_after_untrusted_text";

export function UntrustedSwitch({ settings }: { settings: readonly Setting[] }) {
  const id = useId();
  const request = useRequest();
  const setting = settings.find((one) => one.name === NAME);
  // A host of an earlier build has no such setting.
  if (!setting) return null;
  const isOn = setting.value !== "off";
  const below = (
    <>
      {!isOn && (
        <p role="alert" className="mt-2 flex items-start gap-2 rounded-lg bg-warn-soft px-3 py-2 text-sm">
          <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />
          {t("Off: a web page or another program's text can now cause risky calls without a question to you, if a rule allows them.")}
        </p>
      )}
      <InlineError problem={request.error} />
    </>
  );
  return (
    <LabelledRow label={t("Ask after text from outside")} about={t("A risky call needs your permission if the agent has read text from outside in the same turn, even if a rule allows it.")} htmlFor={id} below={below}>
      <Switch id={id} isOn={isOn} disabled={request.isPending} onChange={(on) => request.mutate({ op: "set_setting", name: NAME, value: on ? null : "off" })} />
    </LabelledRow>
  );
}
