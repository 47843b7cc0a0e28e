/** The MCP servers that the person has added: what each is doing, its tools and its log; and a form to add one. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import type { ToolServer } from "../bridge";
import { Button } from "../design/Button";
import { Disclosure } from "../design/Disclosure";
import { Dot, type Tone } from "../design/Dot";
import { InlineError, QueryView } from "../design/states";
import { Switch } from "../design/Switch";
import { useHost, useRequest } from "../data/context";
import { keys } from "../data/keys";
import { plainText } from "../data/plainText";
import { clockSeconds, exactTime } from "../data/time";
import { counted, t, type Text } from "../words";
import { AddToolServer } from "./AddToolServer";
import { commandLine } from "./commandLine";
import { ImportToolServers } from "./ImportToolServers";
import { ToolSignIn } from "./ToolSignIn";
import { useToolServers } from "./useToolServers";

/** How often the log of a server is asked for while it is open, in ms. */
const LOG_MS = 2_000;

type State = ToolServer["state"]["type"];
const STATES: Record<State, { tone: Tone; label: Text }> = {
  resting: { tone: "quiet", label: "Starts when it is called" },
  starting: { tone: "active", label: "Is being started" },
  ready: { tone: "good", label: "Ready" },
  needs_sign_in: { tone: "waiting", label: "Needs a sign-in" },
  failed: { tone: "bad", label: "Failed" },
};

function shownState(server: ToolServer): { tone: Tone; label: Text } {
  if (!server.is_on) return { tone: "quiet", label: "Off" };
  return server.sign_in.is_waiting ? { tone: "active", label: "Waits for the browser" } : STATES[server.state.type];
}

export function ToolServers() {
  const query = useToolServers();
  const names = query.data?.map((server) => server.name) ?? [];
  return (
    <>
      <News servers={query.data} />
      <QueryView query={query}>
        {(servers) => (servers.length === 0 ? <p className="py-3 text-sm text-ink-3">{t("No servers yet.")}</p> : <ul aria-label={t("Tool servers")} className="divide-y divide-line">{servers.map((server) => <Server key={server.name} server={server} />)}</ul>)}
      </QueryView>
      <ImportToolServers taken={names} />
      <AddToolServer taken={names} />
    </>
  );
}

/** Announces state changes to screen readers. */
function News({ servers }: { servers: readonly ToolServer[] | undefined }) {
  const known = useRef<ReadonlyMap<string, Text> | null>(null);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!servers) return;
    const before = known.current;
    const now = new Map(servers.map((server) => [server.name, shownState(server).label]));
    known.current = now;
    const news = [...now].filter(([name, label]) => before?.get(name) !== label);
    if (before && news.length > 0) setSaid(news.map(([name, label]) => `${name}: ${t(label)}`).join(". "));
  }, [servers]);
  return <p role="status" className="sr-only">{said}</p>;
}

function Server({ server }: { server: ToolServer }) {
  const [isSure, setSure] = useState(false);
  // Each of its own: a server that hangs at its start can be switched off and removed meanwhile.
  const test = useRequest();
  const switching = useRequest();
  const removal = useRequest();
  const row = useRef<HTMLLIElement>(null);
  const remove = useRef<HTMLButtonElement>(null);
  const title = useId();
  const onOff = useId();
  const { name, state, is_on } = server;
  // Controls stay enabled, so that they keep the focus; the same one does nothing until the host has answered.
  const cannotTest = test.isPending || state.type === "starting";
  const shown = test.isPending && is_on ? STATES.starting : shownState(server);
  const keep = () => {
    setSure(false);
    requestAnimationFrame(() => remove.current?.focus());
  };
  // The row with the focus goes away.
  const removed = () => row.current?.closest<HTMLElement>("[data-section]")?.focus();
  return (
    <li ref={row} aria-labelledby={title} className="py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p id={title} className="text-sm font-medium [overflow-wrap:anywhere]">{name}</p>
        <span className="flex items-center gap-1.5 text-sm text-ink-2">
          <Dot tone={shown.tone} /> {t(shown.label)}
        </span>
        <span className="ms-auto flex flex-wrap items-center gap-2">
          {isSure ? (
            <>
              <Button look="quiet" className="px-2 py-0.5" onClick={keep}>
                {t("Keep")}
              </Button>
              <Button autoFocus look="danger" className="px-2 py-0.5" aria-label={t("Remove now: {what}", { what: name })} onClick={() => !removal.isPending && removal.mutate({ op: "remove_tool_server", name }, { onSuccess: removed })}>
                {t("Remove now")}
              </Button>
            </>
          ) : (
            <>
              {is_on && <ToolSignIn server={server} />}
              {is_on && (
                <Button look="quiet" className="px-2 py-0.5 aria-disabled:opacity-50" aria-label={t("Test: {what}", { what: name })} aria-disabled={cannotTest} onClick={() => !cannotTest && test.mutate({ op: "test_tool_server", name })}>
                  {t("Test")}
                </Button>
              )}
              <Button ref={remove} look="quiet" className="px-2 py-0.5" aria-label={t("Remove: {what}", { what: name })} onClick={() => setSure(true)}>
                {t("Remove")}
              </Button>
            </>
          )}
          <label htmlFor={onOff} className="sr-only">{t("Offer the tools of {what}", { what: name })}</label>
          <Switch id={onOff} isOn={is_on} onChange={(next) => !switching.isPending && switching.mutate({ op: "switch_tool_server", name, is_on: next })} />
        </span>
      </div>
      <p className="mt-0.5 font-mono text-xs text-ink-3 [overflow-wrap:anywhere]">{plainText(commandLine(server.transport))}</p>
      {server.kept.length > 0 && <p className="mt-0.5 text-xs text-ink-3 [overflow-wrap:anywhere]">{t("With values from the keychain: {names}", { names: server.kept.join(", ") })}</p>}
      {is_on && state.type === "failed" && <p className="mt-1 text-sm text-bad [overflow-wrap:anywhere] first-letter:uppercase">{plainText(state.cause)}</p>}
      {is_on && state.type === "needs_sign_in" && <p className="mt-1 text-sm text-ink-2 [overflow-wrap:anywhere] first-letter:uppercase">{plainText(state.reason)}</p>}
      {is_on && server.sign_in.problem !== null && <p className="mt-1 text-sm text-bad [overflow-wrap:anywhere]">{t("The sign-in failed: {reason}", { reason: plainText(server.sign_in.problem) })}</p>}
      <InlineError problem={removal.error ?? switching.error ?? (is_on ? test.error : null)} />
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
    const timer = setInterval(() => void refetch(), LOG_MS);
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
                <time className="text-ink-3" dateTime={new Date(line.at).toISOString()} title={exactTime(line.at)}>{clockSeconds(line.at)}</time> <span className="[overflow-wrap:anywhere]">{plainText(line.text)}</span>
              </li>
            ))}
          </ol>
        )
      }
    </QueryView>
  );
}
