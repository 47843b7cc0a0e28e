/** Opens the quick chat, and changes the keys that show it from any program. */
import { useMutation } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import type { Setting } from "../bridge";
import { Button, IconButton } from "../design/Button";
import { InlineError } from "../design/states";
import { useHost, useRequest } from "../data/context";
import { useShortcut } from "../data/queries";
import { IS_MAC } from "../data/shortcuts";
import { LabelledRow } from "../design/LabelledRow";
import { shortcutOf, shownKeys } from "./shortcutKeys";

const NAME = "quick.shortcut";

export function QuickChat({ settings }: { settings: readonly Setting[] }) {
  const host = useHost();
  const request = useRequest();
  const shortcut = useShortcut();
  const show = useMutation({ mutationFn: () => host.call("open_quick", {}) });
  const [isListening, setListening] = useState(false);
  const setting = settings.find((one) => one.name === NAME);
  // A host of an earlier build has no such setting.
  if (!setting) return null;
  const set = (value: string | null) => {
    setListening(false);
    request.mutate({ op: "set_setting", name: NAME, value });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Tab leaves the field, as everywhere.
    if (!isListening || event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return setListening(false);
    const keys = shortcutOf(event.nativeEvent, IS_MAC);
    if (keys !== null) set(keys);
  };
  const keys = setting.value === "none" ? "No keys" : shownKeys(setting.value, IS_MAC);
  const problem = shortcut.data?.problem;
  const below = (
    <>
      {problem && (
        <p role="status" className="mt-2 rounded-lg bg-warn-soft px-3 py-2 text-sm">
          {problem}
        </p>
      )}
      <InlineError problem={request.error ?? shortcut.error} />
    </>
  );
  return (
    <>
      <LabelledRow label="Quick chat" about="A small window above the others, for a question in between. Also in the tray, and with: growqr quick" below={<InlineError problem={show.error} />}>
        <Button aria-label="Show the quick chat" onClick={() => show.mutate()}>
          Show
        </Button>
      </LabelledRow>
      <LabelledRow label="Keys that show it from any program" below={below}>
        <span className="flex items-center gap-1">
          {setting.is_set && (
            <IconButton label="Reset to default: keys of the quick chat" onClick={() => set(null)}>
              <RotateCcw className="size-4" aria-hidden />
            </IconButton>
          )}
          {setting.value !== "none" && (
            <Button look="quiet" onClick={() => set("none")}>
              None
            </Button>
          )}
          <Button aria-label={isListening ? "Press the new keys; Escape keeps the old ones" : `Change the keys: ${keys}`} aria-live="polite" onClick={() => setListening(true)} onBlur={() => setListening(false)} onKeyDown={onKeyDown}>
            {isListening ? "Press the keys" : <kbd className="font-sans">{keys}</kbd>}
          </Button>
        </span>
      </LabelledRow>
    </>
  );
}
