/** The command palette: finds views, sections of the settings, actions, agents and pages by name, and searches everything for a text. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Command } from "cmdk";
import { useState } from "react";
import type { HostError } from "../bridge";
import { InlineError } from "../design/states";
import { useHost, useRequest } from "../data/context";
import { t } from "../words";
import type { Action } from "./actions";
import { PaletteNames } from "./PaletteNames";
import { SearchEverything } from "./SearchEverything";

export default function Palette({ onClose }: { onClose: () => void }) {
  const host = useHost();
  const client = useQueryClient();
  const request = useRequest();
  const act = useMutation<unknown, HostError, Action>({ mutationFn: async (action) => action.run(host, request.mutateAsync, client), onSuccess: onClose });
  const [text, setText] = useState("");
  // Whether the text is searched in conversations and memory, and not among names.
  const [searches, setSearches] = useState(false);
  const isSearch = searches && text.trim() !== "";
  const onText = (next: string) => {
    setText(next);
    if (next.trim() === "") setSearches(false);
  };
  const go = (href: string) => () => {
    goTo(href);
    onClose();
  };
  return (
    <Command.Dialog
      open
      shouldFilter={false}
      onOpenChange={(open) => !open && onClose()}
      label={t("Go to")}
      overlayClassName="fixed inset-0 bg-veil"
      contentClassName="fixed inset-x-0 top-[14vh] z-10 mx-auto w-[min(36rem,92vw)] overflow-hidden rounded-2xl border border-line bg-surface shadow-card"
    >
      <Command.Input value={text} onValueChange={onText} placeholder={t("Go to a view, a setting, an agent, a page, or do something…")} className="w-full border-b border-line bg-transparent px-5 py-3.5 outline-none placeholder:text-ink-3" />
      <div className="px-5 empty:hidden">
        <InlineError problem={act.error} />
      </div>
      <Command.List className="max-h-[50vh] overflow-y-auto p-2">
        {isSearch ? <SearchEverything text={text} onGo={go} /> : <PaletteNames text={text} isBusy={act.isPending} onGo={go} onAct={act.mutate} onSearch={() => setSearches(true)} />}
      </Command.List>
    </Command.Dialog>
  );
}

/** Also scrolls again to a place that is shown already: it leaves it for a moment. */
function goTo(href: string) {
  const view = href.replace(/\?.*/, "");
  if (location.hash !== href || view === href) return void (location.hash = href);
  addEventListener("hashchange", () => requestAnimationFrame(() => location.replace(href)), { once: true });
  location.replace(view);
}
