/** All keyboard shortcuts of the window. */
import { Fragment } from "react";
import { SHORTCUTS, type ShortcutId } from "../data/shortcuts";
import { IS_MAC } from "../data/system";
import { t } from "../words";
import { shownKeys } from "./shortcutKeys";
import { PLACES, SHORTCUT_WORDS } from "./shortcutWords";

const IDS = Object.keys(SHORTCUT_WORDS) as ShortcutId[];

export function Shortcuts() {
  return (Object.keys(PLACES) as Array<keyof typeof PLACES>).map((place) => (
    <div key={place} className="py-3">
      <h4 className="text-sm font-medium">{t(PLACES[place])}</h4>
      <dl className="mt-1.5 grid grid-cols-[1fr_auto] gap-x-6 gap-y-1 text-sm">
        {IDS.filter((id) => SHORTCUT_WORDS[id].where === place).map((id) => (
          <Fragment key={id}>
            <dt className="text-ink-2">{t(SHORTCUT_WORDS[id].label)}</dt>
            <dd className="flex flex-wrap justify-end gap-1">
              {SHORTCUTS[id].map((keys) => (
                <kbd key={keys} className="rounded-md border border-line bg-sunken px-1.5 font-sans text-xs leading-5">
                  {shownKeys(keys, IS_MAC)}
                </kbd>
              ))}
            </dd>
          </Fragment>
        ))}
      </dl>
    </div>
  ));
}
