/** Opens the quick chat, and changes the keys that show it from any program. */
import { useMutation } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import type { Setting } from "../bridge";
import { Button, IconButton } from "../design/Button";
import { InlineError } from "../design/states";
import { useHost, useRequest } from "../data/context";
import { useShortcut } from "../data/queries";
import { IS_MAC } from "../data/system";
import { LabelledRow } from "../design/LabelledRow";
import { t } from "../words";
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
  const keys = setting.value === "none" ? t("No keys") : shownKeys(setting.value, IS_MAC);
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
      <LabelledRow label={t("Quick chat")} about={t("A small window above the others, for a question in between. Also in the tray, and with: growqr quick")} below={<InlineError problem={show.error} />}>
        <Button aria-label={t("Show the quick chat")} onClick={() => show.mutate()}>
          {t("Show")}
        </Button>
      </LabelledRow>
      <LabelledRow label={t("Keys that show it from any program")} below={below}>
        <span className="flex items-center gap-1">
          {setting.is_set && (
            <IconButton label={t("Reset to default: keys of the quick chat")} onClick={() => set(null)}>
              <RotateCcw className="size-4" aria-hidden />
            </IconButton>
          )}
          {setting.value !== "none" && (
            <Button look="quiet" onClick={() => set("none")}>
              {t("None")}
            </Button>
          )}
          <Button aria-label={isListening ? t("Press the new keys; Escape keeps the old ones") : t("Change the keys: {keys}", { keys })} aria-live="polite" onClick={() => setListening(true)} onBlur={() => setListening(false)} onKeyDown={onKeyDown}>
            {isListening ? t("Press the keys") : <kbd className="font-sans">{keys}</kbd>}
          </Button>
        </span>
      </LabelledRow>
    </>
  );
}
