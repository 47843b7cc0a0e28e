/** Adds an MCP server by hand, with values that go to the keychain. What will run is what the person typed. */
import { X } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { Button, IconButton } from "../design/Button";
import { Field, Input } from "../design/Field";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { t } from "../words";
import { transportOf, words } from "./commandLine";

interface NamedValue {
  key: number;
  name: string;
  value: string;
}

/** `taken` are the names of the servers that are there. */
export function AddToolServer({ taken }: { taken: readonly string[] }) {
  const [name, setName] = useState("");
  const [line, setLine] = useState("");
  const [values, setValues] = useState<readonly NamedValue[]>([]);
  const request = useRequest();
  const form = useRef<HTMLFormElement>(null);
  const more = useRef<HTMLButtonElement>(null);
  const about = useId();
  const title = useId();
  const transport = transportOf(line);
  const replaces = taken.includes(name.trim());
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!transport || !name.trim() || request.isPending) return;
    const named = Object.fromEntries(values.filter((one) => one.name.trim()).map((one) => [one.name.trim(), one.value]));
    const done = () => {
      setName("");
      setLine("");
      setValues([]);
      // The fields of the values, one of which may have the focus, go away.
      form.current?.querySelector("input")?.focus();
    };
    request.mutate({ op: "add_tool_server", server: { name: name.trim(), transport, values: named, client_id: null, call_limit_ms: null, folder: null, is_trusted: false }, replace: replaces }, { onSuccess: done });
  };
  const change = (key: number, part: Partial<NamedValue>) => setValues((all) => all.map((one) => (one.key === key ? { ...one, ...part } : one)));
  const remove = (key: number) => {
    setValues((all) => all.filter((other) => other.key !== key));
    more.current?.focus();
  };
  return (
    <form ref={form} onSubmit={add} aria-labelledby={title} className="flex flex-col gap-3 py-3">
      <p id={title} className="text-sm font-semibold">{t("Add a tool server")}</p>
      <div className="max-w-48">
        <Field label={t("Name of the server")}>
          <Input className="w-full" placeholder="files" value={name} onChange={(event) => (setName(event.target.value), request.reset())} />
        </Field>
      </div>
      <Field label={t("Program and arguments, or address")}>
        <Input aria-describedby={about} placeholder="npx -y @modelcontextprotocol/server-filesystem ~/notes" className="w-full font-mono" value={line} onChange={(event) => (setLine(event.target.value), request.reset())} />
      </Field>
      {words(line) === null && <p className="-mt-2 text-xs text-warn">{t("A quotation mark is not closed.")}</p>}
      {values.map((one) => (
        <div key={one.key} className="flex items-center gap-2">
          <Input autoFocus aria-label={t("Name of the value")} placeholder={transport?.type === "http" ? "Authorization" : "API_TOKEN"} className="w-44 min-w-0 font-mono" value={one.name} onChange={(event) => change(one.key, { name: event.target.value })} />
          <Input aria-label={t("Value")} type="password" placeholder={t("Value")} className="min-w-0 grow" value={one.value} onChange={(event) => change(one.key, { value: event.target.value })} />
          <IconButton label={t("Remove this value")} onClick={() => remove(one.key)}>
            <X className="size-4" aria-hidden />
          </IconButton>
        </div>
      ))}
      <div>
        <div className="flex flex-wrap gap-2">
          <Button type="submit" disabled={!transport || !name.trim()}>
            {replaces ? t("Replace server") : t("Add server")}
          </Button>
          <Button ref={more} look="quiet" onClick={() => setValues((all) => [...all, { key: (all.at(-1)?.key ?? 0) + 1, name: "", value: "" }])}>
            {transport?.type === "http" ? t("Add a header") : t("Add an environment variable")}
          </Button>
        </div>
        <p role="status" className="text-xs text-warn">{replaces && <span className="mt-1.5 block">{t("There is a server with this name. The new one takes its place, without its values.")}</span>}</p>
        <InlineError problem={request.error} />
        <p id={about} className="mt-1.5 text-xs text-ink-3">{t("A program runs with your rights on this computer, without your keys. Values are kept in the system's keychain. Agents ask before they first use a tool.")}</p>
      </div>
    </form>
  );
}
