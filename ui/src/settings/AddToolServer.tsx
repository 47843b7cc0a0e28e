/** Adds an MCP server by hand, with values that go to the keychain. What will run is what the person typed. */
import { X } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { Button, IconButton } from "../design/Button";
import { Input } from "../design/Field";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { t } from "../words";
import { transportOf } from "./commandLine";

interface NamedValue {
  key: number;
  name: string;
  value: string;
}

export function AddToolServer() {
  const [name, setName] = useState("");
  const [line, setLine] = useState("");
  const [values, setValues] = useState<readonly NamedValue[]>([]);
  const request = useRequest();
  const about = useId();
  const transport = transportOf(line);
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!transport || !name.trim() || request.isPending) return;
    const named = Object.fromEntries(values.filter((one) => one.name.trim()).map((one) => [one.name.trim(), one.value]));
    const done = () => {
      setName("");
      setLine("");
      setValues([]);
    };
    request.mutate({ op: "add_tool_server", server: { name: name.trim(), transport, values: named, call_limit_ms: null, is_trusted: false } }, { onSuccess: done });
  };
  const change = (key: number, part: Partial<NamedValue>) => setValues((all) => all.map((one) => (one.key === key ? { ...one, ...part } : one)));
  return (
    <form onSubmit={add} aria-label={t("Add a tool server")} className="py-3">
      <div className="flex flex-wrap gap-2">
        <Input aria-label={t("Name of the server")} placeholder="files" className="w-32" value={name} onChange={(event) => (setName(event.target.value), request.reset())} />
        <Input aria-label={t("Program and arguments, or address")} aria-describedby={about} placeholder="npx -y @modelcontextprotocol/server-filesystem ~/notes" className="min-w-56 grow font-mono" value={line} onChange={(event) => (setLine(event.target.value), request.reset())} />
      </div>
      {values.map((one) => (
        <div key={one.key} className="mt-2 flex gap-2">
          <Input aria-label={t("Name of the value")} placeholder={transport?.type === "http" ? "Authorization" : "API_TOKEN"} className="w-44 font-mono" value={one.name} onChange={(event) => change(one.key, { name: event.target.value })} />
          <Input aria-label={t("Value")} type="password" autoComplete="off" className="grow" value={one.value} onChange={(event) => change(one.key, { value: event.target.value })} />
          <IconButton label={t("Remove this value")} onClick={() => setValues((all) => all.filter((other) => other.key !== one.key))}>
            <X className="size-4" aria-hidden />
          </IconButton>
        </div>
      ))}
      <div className="mt-2 flex flex-wrap gap-2">
        <Button type="submit" disabled={!transport || !name.trim() || request.isPending}>
          {t("Add server")}
        </Button>
        <Button look="quiet" onClick={() => setValues((all) => [...all, { key: (all.at(-1)?.key ?? 0) + 1, name: "", value: "" }])}>
          {transport?.type === "http" ? t("Add a header") : t("Add an environment variable")}
        </Button>
      </div>
      <InlineError problem={request.error} />
      <p id={about} className="mt-1.5 text-xs text-ink-3">{t("A program runs with your rights on this computer, without your keys. Values are kept in the system's keychain. Agents ask before they first use a tool.")}</p>
    </form>
  );
}
