/** The MCP servers that the person has added: what each is doing, its tools and its log; and a form to add one. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import type { ToolServer } from "../bridge";
import { Button } from "../design/Button";
import { Disclosure } from "../design/Disclosure";
import { Dot, type Tone } from "../design/Dot";
import { InlineError, QueryView } from "../design/states";
import { useHost, useRequest } from "../data/context";
import { keys } from "../data/keys";
import { plainText } from "../data/plainText";
import { exactTime } from "../data/time";
import { counted, t, type Text } from "../words";
import { AddToolServer } from "./AddToolServer";
import { commandLine } from "./commandLine";

/** How often a list is asked for while a server is being started, in ms. */
const POLL_MS = 1_000;

type State = ToolServer["state"]["type"];
const STATES: Record<State, { tone: Tone; label: Text }> = {
  resting: { tone: "quiet", label: "Starts when it is called" },
  starting: { tone: "active", label: "Is being started" },
  ready: { tone: "good", label: "Ready" },
  failed: { tone: "bad", label: "Failed" },
};

export function ToolServers() {
  return (
    <>
      <QueryView query={useToolServers()}>
        {(servers) => (servers.length === 0 ? <p className="py-3 text-sm text-ink-3">{t("No servers yet.")}</p> : <ul aria-label={t("Tool servers")} className="divide-y divide-line">{servers.map((server) => <Server key={server.name} server={server} />)}</ul>)}
      </QueryView>
      <AddToolServer />
    </>
  );
}

function useToolServers() {
  const host = useHost();
  return useQuery({
    queryKey: keys.toolServers,
    queryFn: async () => {
      const reply = await host.call("ask", { request: { op: "tool_servers" } });
      return typeof reply === "object" && "tool_servers" in reply ? reply.tool_servers.servers : [];
    },
    refetchInterval: (query) => (query.state.data?.some((server) => server.state.type === "starting") ? POLL_MS : false),
  });
}

function Server({ server }: { server: ToolServer }) {
  const [isSure, setSure] = useState(false);
  const request = useRequest();
  const title = useId();
  const { name, state, is_on } = server;
  const shown: { tone: Tone; label: Text } = is_on ? STATES[state.type] : { tone: "quiet", label: "Off" };
  const isBusy = request.isPending;
  return (
    <li aria-labelledby={title} className="py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p id={title} className="font-medium [overflow-wrap:anywhere]">{name}</p>
        <span className="flex items-center gap-1.5 text-sm text-ink-2">
          <Dot tone={shown.tone} /> {t(shown.label)}
        </span>
        <span className="ms-auto flex flex-wrap gap-1">
          {is_on && (
            <Button look="quiet" className="px-2 py-0.5" aria-label={t("Test: {what}", { what: name })} disabled={isBusy || state.type === "starting"} onClick={() => request.mutate({ op: "test_tool_server", name })}>
              {t("Test")}
            </Button>
          )}
          <Button look="quiet" className="px-2 py-0.5" aria-label={is_on ? t("Switch off: {what}", { what: name }) : t("Switch on: {what}", { what: name })} disabled={isBusy} onClick={() => request.mutate({ op: "switch_tool_server", name, is_on: !is_on })}>
            {is_on ? t("Switch off") : t("Switch on")}
          </Button>
          {isSure ? (
            <>
              <Button look="quiet" className="px-2 py-0.5" onClick={() => setSure(false)}>
                {t("Keep")}
              </Button>
              <Button autoFocus look="danger" className="px-2 py-0.5" aria-label={t("Remove now: {what}", { what: name })} disabled={isBusy} onClick={() => request.mutate({ op: "remove_tool_server", name })}>
                {t("Remove now")}
              </Button>
            </>
          ) : (
            <Button look="quiet" className="px-2 py-0.5" aria-label={t("Remove: {what}", { what: name })} onClick={() => setSure(true)}>
              {t("Remove")}
            </Button>
          )}
        </span>
      </div>
      <p className="mt-0.5 font-mono text-xs text-ink-3 [overflow-wrap:anywhere]">{plainText(commandLine(server.transport))}</p>
      {server.kept.length > 0 && <p className="mt-0.5 text-xs text-ink-3 [overflow-wrap:anywhere]">{t("With values from the keychain: {names}", { names: server.kept.join(", ") })}</p>}
      {is_on && state.type === "failed" && <p className="mt-1 text-sm text-bad [overflow-wrap:anywhere]">{plainText(state.cause)}</p>}
      <InlineError problem={request.error} />
      {server.tools !== null && (
        <Disclosure summary={<span>{counted(server.tools.length, "{n} tool", "{n} tools")}</span>} className="-ms-1.5 mt-1">
          {() => <ToolList server={server} />}
        </Disclosure>
      )}
      {is_on && state.type !== "resting" && (
        <Disclosure summary={<span>{t("What it has said")}</span>} className="-ms-1.5">
          {() => <ToolLog name={name} />}
        </Disclosure>
      )}
    </li>
  );
}

function ToolList({ server }: { server: ToolServer }) {
  return (
    <ul className="max-h-72 overflow-y-auto text-sm" tabIndex={0} aria-label={t("Tools of {what}", { what: server.name })}>
      {server.tools?.map((tool) => (
        <li key={tool.offered_as} className="py-1">
          <code className="text-xs [overflow-wrap:anywhere]">{tool.offered_as}</code>
          <p dir="auto" className="text-xs text-ink-3 [overflow-wrap:anywhere]">{plainText(tool.description)}</p>
        </li>
      ))}
      {server.left_out.map((tool) => (
        <li key={`left out ${tool.name}`} className="py-1 text-xs text-warn [overflow-wrap:anywhere]">
          {t("{what} is left out: {reason}", { what: plainText(tool.name), reason: plainText(tool.reason) })}
        </li>
      ))}
    </ul>
  );
}

function ToolLog({ name }: { name: string }) {
  const host = useHost();
  const query = useQuery({
    queryKey: [...keys.toolServers, name, "log"],
    queryFn: async () => {
      const reply = await host.call("ask", { request: { op: "tool_log", name } });
      return typeof reply === "object" && "tool_log" in reply ? reply.tool_log.lines : [];
    },
  });
  const { refetch } = query;
  useEffect(() => {
    const timer = setInterval(() => void refetch(), 2 * POLL_MS);
    return () => clearInterval(timer);
  }, [refetch]);
  return (
    <QueryView query={query}>
      {(lines) =>
        lines.length === 0 ? (
          <p className="text-xs text-ink-3">{t("Nothing yet.")}</p>
        ) : (
          <ol className="max-h-60 overflow-y-auto font-mono text-xs" tabIndex={0} aria-label={t("What {what} has said", { what: name })}>
            {lines.map((line, index) => (
              <li key={index} className={line.is_ours ? "text-ink-3" : undefined}>
                <time className="text-ink-3" dateTime={new Date(line.at).toISOString()} title={exactTime(line.at)}>{new Date(line.at).toLocaleTimeString()}</time> <span className="[overflow-wrap:anywhere]">{plainText(line.text)}</span>
              </li>
            ))}
          </ol>
        )
      }
    </QueryView>
  );
}
