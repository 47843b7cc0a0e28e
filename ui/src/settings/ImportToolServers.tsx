/** MCP servers that other programs of this computer have configured: shown as they would run, and added with one click. The host reads the files; the values of env and headers never come here, arguments and addresses do. */
import { useQuery } from "@tanstack/react-query";
import type { ToolConfiguration, ToolServerOffer } from "../bridge";
import { Button } from "../design/Button";
import { Disclosure } from "../design/Disclosure";
import { InlineError, QueryView } from "../design/states";
import { useHost, useRequest } from "../data/context";
import { keys } from "../data/keys";
import { plainText } from "../data/plainText";
import { t } from "../words";
import { commandLine } from "./commandLine";

/** `taken` are the names of the servers that are there. */
export function ImportToolServers({ taken }: { taken: readonly string[] }) {
  return (
    <Disclosure summary={<span>{t("Add servers of other programs")}</span>} className="-ms-1.5 py-1">
      {() => <Configurations taken={taken} />}
    </Disclosure>
  );
}

function Configurations({ taken }: { taken: readonly string[] }) {
  const host = useHost();
  const query = useQuery({
    queryKey: keys.toolConfigurations,
    queryFn: async () => {
      const reply = await host.call("ask", { request: { op: "tool_configurations" } });
      return typeof reply === "object" && "tool_configurations" in reply ? reply.tool_configurations.configurations : [];
    },
    // Other programs change their files.
    gcTime: 0,
  });
  return (
    <QueryView query={query}>
      {(all) =>
        all.length === 0 ? (
          <p className="text-sm text-ink-3">{t("No MCP servers found in Claude Desktop, Cursor or VS Code.")}</p>
        ) : (
          <ul className="flex flex-col gap-4">
            {all.map((configuration) => (
              <Configuration key={configuration.path} configuration={configuration} taken={taken} onRefused={() => void query.refetch()} />
            ))}
          </ul>
        )
      }
    </QueryView>
  );
}

function Configuration(props: { configuration: ToolConfiguration; taken: readonly string[]; onRefused: () => void }) {
  const { program, path, version, servers, left_out, problem } = props.configuration;
  const request = useRequest();
  const isThere = (server: ToolServerOffer) => props.taken.includes(server.name);
  const isUsable = (server: ToolServerOffer) => server.missing.length === 0 && !isThere(server);
  const all = servers.filter((server) => isUsable(server) && !server.is_off);
  const add = (chosen: readonly ToolServerOffer[]) => {
    if (request.isPending || chosen.length === 0) return;
    request.mutate({ op: "import_tool_servers", path, version, titles: chosen.map((server) => server.title) }, { onError: props.onRefused });
  };
  return (
    <li aria-label={program}>
      <div className="flex flex-wrap items-center gap-x-3">
        <p className="text-sm font-medium">{program}</p>
        {servers.length > 1 && (
          <Button look="quiet" className="ms-auto px-2 py-0.5 aria-disabled:opacity-50" aria-label={t("Add all servers of {what}", { what: program })} aria-disabled={all.length === 0} onClick={() => add(all)}>
            {t("Add all")}
          </Button>
        )}
      </div>
      <p className="font-mono text-xs text-ink-3 [overflow-wrap:anywhere]">{plainText(path)}</p>
      {problem !== null && <p className="mt-1 text-sm text-bad [overflow-wrap:anywhere] first-letter:uppercase">{plainText(problem)}</p>}
      <ul className="divide-y divide-line">
        {servers.map((server) => (
          <li key={server.title} className="flex items-start gap-3 py-2">
            <div className="min-w-0 grow">
              <p className="text-sm [overflow-wrap:anywhere]">{plainText(server.title)}</p>
              <p className="font-mono text-xs text-ink-3 [overflow-wrap:anywhere]">{plainText(commandLine(server.transport))}</p>
              {server.values.length > 0 && <Note text={t("With values that go to the keychain: {names}", { names: server.values.join(", ") })} />}
              {server.reads.length > 0 && <Note text={t("Reads these environment variables: {names}", { names: server.reads.join(", ") })} />}
              {server.missing.length > 0 && <Note isWarning text={t("Cannot be added: there is no value for {names}", { names: server.missing.join(", ") })} />}
              {server.is_off && <Note text={t("Disabled in {program}", { program })} />}
            </div>
            <Button look="quiet" className="px-2 py-0.5 aria-disabled:opacity-50" aria-label={t("Add: {what}", { what: server.title })} aria-disabled={!isUsable(server)} onClick={() => isUsable(server) && add([server])}>
              {isThere(server) ? t("Already added") : t("Add")}
            </Button>
          </li>
        ))}
        {left_out.map((entry) => (
          <li key={`left out ${entry.name}`} className="py-2 text-xs text-warn [overflow-wrap:anywhere]">
            {t("{what} is left out: {reason}", { what: plainText(entry.name), reason: plainText(entry.reason) })}
          </li>
        ))}
      </ul>
      <InlineError problem={request.error} />
    </li>
  );
}

function Note({ text, isWarning = false }: { text: string; isWarning?: boolean }) {
  return <p className={`mt-0.5 text-xs [overflow-wrap:anywhere] ${isWarning ? "text-warn" : "text-ink-3"}`}>{plainText(text)}</p>;
}
