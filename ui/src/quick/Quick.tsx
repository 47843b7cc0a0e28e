/** The quick chat: the conversation with the Grow Agent in a small window above the others. Links open in the main window. */
import { useMutation } from "@tanstack/react-query";
import { Inbox, Maximize2, Sprout, X } from "lucide-react";
import { lazy, Suspense, useEffect } from "react";
import type { HostError } from "../bridge";
import { IconButton } from "../design/Button";
import { Dot } from "../design/Dot";
import { Empty, InlineError } from "../design/states";
import { useDrafts, useHost, useRequest } from "../data/context";
import { useIsFinishing } from "../data/finishing";
import { GROW } from "../data/journals";
import { toChat, toInbox } from "../data/links";
import { useAgents, useAsks } from "../data/queries";
import { agentState } from "../data/status";
import { Composer } from "../journal/Composer";
import { TranscriptView } from "../journal/TranscriptView";
import { counted, t } from "../words";

// It does nothing before the first paint.
const FreshStart = lazy(async () => ({ default: (await import("../journal/FreshStart")).FreshStart }));

export function Quick() {
  const host = useHost();
  const drafts = useDrafts();
  const hide = useMutation<null, HostError>({ mutationFn: () => host.call("hide_quick", {}) });
  const open = useMutation<null, HostError, string>({
    mutationFn: (hash) => {
      // The main window continues with what is typed here.
      drafts.write();
      return host.call("open_in_window", { hash });
    },
  });
  const fresh = useRequest();
  useEscape(hide.mutate);
  usePlacesElsewhere(open.mutate);
  return (
    <main className="@container/view flex h-full flex-col">
      <h1 className="sr-only">{t("GrowQR quick chat")}</h1>
      <Header fresh={fresh} onOpen={open.mutate} onHide={() => hide.mutate()} />
      <TranscriptView
        agent={GROW}
        target={null}
        empty={
          <Empty icon={Sprout} title={t("What is on your mind?")}>
            <p>{t("A quick question, or something to remember.")}</p>
          </Empty>
        }
      />
      <Composer agent={GROW} placeholder={t("Message your Grow Agent")} hasControls />
      <div className="px-6">
        <InlineError problem={hide.error ?? open.error ?? fresh.error} />
      </div>
    </main>
  );
}

function Header({ fresh, onOpen, onHide }: { fresh: ReturnType<typeof useRequest>; onOpen: (hash: string) => void; onHide: () => void }) {
  const grow = useAgents().data?.find((agent) => agent.id === GROW);
  const { label, tone } = agentState(grow, useIsFinishing(grow));
  const waiting = useAsks().data?.length ?? 0;
  return (
    <header className="flex h-11 shrink-0 items-center gap-2 border-b border-line pe-2 ps-4">
      <h2 className="font-semibold whitespace-nowrap">Grow Agent</h2>
      <span className="flex min-w-0 items-center gap-1.5 text-xs text-ink-3">
        <Dot tone={tone} /> <span className="truncate">{label}</span>
      </span>
      <span className="ms-auto flex items-center">
        {waiting > 0 && (
          <IconButton label={counted(waiting, "Inbox: {n} question waits", "Inbox: {n} questions wait")} className="w-auto px-2 text-wait tabular-nums" onClick={() => onOpen(toInbox)}>
            <Inbox className="size-4" aria-hidden /> {waiting}
          </IconButton>
        )}
        <Suspense fallback={<span className="size-8" />}>
          <FreshStart request={fresh} />
        </Suspense>
        <IconButton label={t("Open in the main window")} onClick={() => onOpen(toChat)}>
          <Maximize2 className="size-4" aria-hidden />
        </IconButton>
        <IconButton label={t("Hide (Esc)")} onClick={onHide}>
          <X className="size-4" aria-hidden />
        </IconButton>
      </span>
    </header>
  );
}

/** Escape hides the window, unless a dialog, a menu or an input method uses the key. */
function useEscape(hide: () => void) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      if (event.target instanceof Element && event.target.closest("dialog, [role=menu]")) return;
      hide();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [hide]);
}

/** Opens the places that links in the conversation name in the main window. */
function usePlacesElsewhere(open: (hash: string) => void) {
  useEffect(() => {
    const onHash = () => {
      const { hash } = location;
      if (hash === "") return;
      history.replaceState(null, "", location.pathname + location.search);
      open(hash);
    };
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, [open]);
}
