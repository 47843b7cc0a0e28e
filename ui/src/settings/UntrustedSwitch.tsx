/** The switch that keeps text from outside from causing risky calls. */
import { TriangleAlert } from "lucide-react";
import { useId } from "react";
import type { Setting } from "../bridge";
import { cx } from "../design/cx";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { LabelledRow } from "../design/LabelledRow";

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
          Off: a web page or another program&apos;s text can now cause risky calls without a question to you, if a rule allows them.
        </p>
      )}
      <InlineError problem={request.error} />
    </>
  );
  return (
    <LabelledRow label="Ask after text from outside" about="A risky call needs your permission if the agent has read text from outside in the same turn, even if a rule allows it." htmlFor={id} below={below}>
      <button
        id={id}
        type="button"
        role="switch"
        aria-checked={isOn}
        disabled={request.isPending}
        onClick={() => request.mutate({ op: "set_setting", name: NAME, value: isOn ? "off" : null })}
        className={cx("relative h-6 w-10 shrink-0 cursor-pointer rounded-full border transition-colors", isOn ? "border-transparent bg-accent" : "border-line-strong bg-sunken")}
      >
        <span aria-hidden className={cx("absolute top-0.5 size-4.5 rounded-full transition-[left]", isOn ? "left-4.5 bg-on-accent" : "left-0.5 bg-line-strong")} />
      </button>
    </LabelledRow>
  );
}
