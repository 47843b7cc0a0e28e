/** The address of a server on another port or computer, and its key if it needs one. */
import { Search } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "../design/Button";
import { Field, Input } from "../design/Field";
import { Disclosure } from "../design/Disclosure";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { useLocalServers, useSettings } from "../data/queries";
import { problemInWords } from "../data/settingWords";
import { t } from "../words";
import { KeyForm } from "./KeyForm";
import { sameServer } from "./sameServer";

export function CustomServer() {
  const setting = useSettings().data?.find((one) => one.name === "openai.base_url");
  const savedUrl = setting?.is_set ? setting.value : "";
  const [typed, setTyped] = useState<string | null>(null);
  const request = useRequest();
  const servers = useLocalServers();
  const url = typed ?? savedUrl;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const value = url.trim().replace(/\/+$/, "");
    request.mutate(
      { op: "set_setting", name: "openai.base_url", value: value || null },
      {
        onSuccess: () => {
          setTyped(null);
          void servers.refetch();
        },
      },
    );
  };
  const isUnreachable = savedUrl !== "" && typed === null && !servers.isFetching && servers.data !== undefined && !servers.data.some((one) => sameServer(one.url, savedUrl));
  return (
    <div className="flex flex-col gap-2">
      <form aria-label={t("Another server")} onSubmit={submit} className="flex flex-col gap-2">
        <Field label={t("Address")} hint={t("Any OpenAI-compatible server; the address ends in /v1.")}>
          <Input name="url" inputMode="url" placeholder="http://127.0.0.1:8080/v1" value={url} onChange={(event) => setTyped(event.target.value)} />
        </Field>
        {isUnreachable && <InlineError problem={{ message: t("No server answers at {url}.", { url: savedUrl }), nextStep: t("Start the server, or correct the address.") }} />}
        <InlineError problem={problemInWords(request.error)} />
        <Button type="submit" className="self-start" disabled={request.isPending || servers.isFetching || (url.trim() === "" && savedUrl === "")}>
          <Search className="size-4" aria-hidden /> {t("Use this address")}
        </Button>
      </form>
      {savedUrl !== "" && <Disclosure summary={t("This server needs a key")}>{() => <KeyForm name="openai" action={t("Save key")} />}</Disclosure>}
    </div>
  );
}
