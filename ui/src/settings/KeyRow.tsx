/** A provider's key: whether there is one and where from; set, replaced, forgotten. Its value is never read back. */
import { useCallback, useState } from "react";
import type { Key } from "../bridge";
import { Button } from "../design/Button";
import { Trouble } from "../design/states";
import { useAsk } from "../data/context";
import { KeyForm } from "../providers/KeyForm";
import { kept, type ProviderName, PROVIDERS } from "../providers/words";
import { Line } from "./Line";

const NONE: Record<ProviderName, string> = {
  anthropic: "None. Without it Claude cannot answer.",
  openai: "None. Servers on this computer rarely want one.",
};

export function KeyRow({ name, known }: { name: ProviderName; known: Key | undefined }) {
  const [entering, setEntering] = useState(false);
  const ask = useAsk();
  const { label, variable } = PROVIDERS[name];
  const done = useCallback(() => setEntering(false), []);
  return (
    <Line
      label={label}
      about={known ? kept(known.source, variable) : NONE[name]}
      below={
        <>
          <Trouble problem={ask.error} />
          {entering && (
            <div className="mt-3 max-w-md rounded-xl bg-sunken p-4">
              <KeyForm name={name} action="Keep this key" onKept={done} onCancel={done} />
            </div>
          )}
        </>
      }
    >
      <span className="flex gap-2">
        {known && known.source !== "environment" && (
          <Button look="danger" disabled={ask.isPending} aria-label={`Forget it: ${label}`} onClick={() => ask.mutate({ op: "set_key", name, value: null })}>
            Forget it
          </Button>
        )}
        {!entering && known?.source !== "environment" && (
          <Button aria-label={`${known ? "Replace it" : "Set it"}: ${label}`} onClick={() => setEntering(true)}>
            {known ? "Replace it" : "Set it"}
          </Button>
        )}
      </span>
    </Line>
  );
}
