/** The model servers on this computer: searching, found, or how to install one. */
import { LoaderCircle, RotateCw, Server } from "lucide-react";
import type { ReactNode } from "react";
import type { LocalServer } from "../bridge";
import { Button } from "../design/Button";
import { Disclosure } from "../design/Disclosure";
import { ExternalLink } from "../design/links";
import { InlineError } from "../design/states";
import { useLocalServers } from "../data/queries";
import { counted, t } from "../words";
import { rich } from "../words/rich";
import { CustomServer } from "./CustomServer";

/** `children` is called with the servers that offer models, if there are any. */
export function LocalServers({ children }: { children?: (servers: readonly LocalServer[]) => ReactNode }) {
  const servers = useLocalServers();
  const found = servers.data ?? [];
  const useful = found.filter((server) => server.models.length > 0);
  return (
    <div className="flex flex-col gap-2.5">
      <div role="status" className="flex flex-col gap-1 text-sm text-ink-2">
        {servers.isPending ? (
          <p className="flex items-center gap-1.5">
            <LoaderCircle className="size-4 animate-spin text-ink-3" aria-hidden /> {t("Searching for Ollama and LM Studio…")}
          </p>
        ) : servers.error ? null : found.length === 0 ? (
          <p>
            {rich("No model server is running. Install {one} or {other}, start it, then search again.", {
              one: <ExternalLink href="https://ollama.com/download">Ollama</ExternalLink>,
              other: <ExternalLink href="https://lmstudio.ai">LM Studio</ExternalLink>,
            })}
          </p>
        ) : (
          found.map((server) => <Found key={server.url} server={server} />)
        )}
      </div>
      <InlineError problem={servers.error} />
      {useful.length > 0 && children?.(useful)}
      {!servers.isPending && (
        <Button look="quiet" className="self-start" disabled={servers.isFetching} onClick={() => void servers.refetch()}>
          <RotateCw className="size-4" aria-hidden /> {servers.isFetching ? t("Searching…") : t("Search again")}
        </Button>
      )}
      <Disclosure summary={t("Another server")}>{() => <CustomServer />}</Disclosure>
    </div>
  );
}

function Found({ server }: { server: LocalServer }) {
  const count = server.models.length;
  return (
    <p className="flex items-start gap-1.5">
      <Server className="mt-0.5 size-4 shrink-0 text-accent-ink" strokeWidth={1.6} aria-hidden />
      <span className="[overflow-wrap:anywhere]" title={server.url}>
        {count === 0 ? t("{name} is running, with no model yet.", { name: server.name }) : counted(count, "{name} is running with {n} model.", "{name} is running with {n} models.", { name: server.name })}{" "}
        {count === 0 && (server.name === "Ollama" ? <>{t("Run in a terminal:")} <code className="font-mono select-all">ollama pull qwen3</code></> : t("Load a model there, then search again."))}
      </span>
    </p>
  );
}
