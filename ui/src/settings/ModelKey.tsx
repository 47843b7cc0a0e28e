/** The key of the model provider. Its value goes to the host and is never read back. */
import { type FormEvent, useState } from "react";
import { Button } from "../design/Button";
import { Input } from "../design/Field";
import { Read, Trouble } from "../design/states";
import { useAsk } from "../data/context";
import { useKeys } from "../data/queries";
import { Line } from "./Line";

const SOURCES: Record<string, string> = {
  environment: "Set by the environment (ANTHROPIC_API_KEY)",
  memory: "Kept in memory for this run only; you will be asked again",
};

export function ModelKey() {
  const keys = useKeys();
  const ask = useAsk();
  const [value, setValue] = useState("");
  const save = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate({ op: "set_key", name: "anthropic", value: value.trim() }, { onSuccess: () => setValue("") });
  };
  return (
    <Read query={keys}>
      {(list) => {
        const key = list.find((one) => one.name === "anthropic");
        const about = key ? (SOURCES[key.source] ?? key.source) : "None: the built-in guide answers. A key is kept in memory for this run only.";
        return (
          <Line label="Anthropic key" about={about} below={<Trouble problem={ask.error} />}>
            {key ? (
              key.source === "memory" && (
                <Button look="danger" disabled={ask.isPending} onClick={() => ask.mutate({ op: "set_key", name: "anthropic", value: null })}>
                  Forget it
                </Button>
              )
            ) : (
              <form onSubmit={save} className="flex gap-2">
                <Input type="password" aria-label="Anthropic key" placeholder="sk-ant-…" className="w-48" value={value} onChange={(event) => setValue(event.target.value)} />
                <Button type="submit" look="primary" disabled={!value.trim() || ask.isPending}>
                  Save
                </Button>
              </form>
            )}
          </Line>
        );
      }}
    </Read>
  );
}
