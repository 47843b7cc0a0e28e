/** The chosen language, for what must be rendered anew when it changes. */
import { useSyncExternalStore } from "react";
import { languageStore } from "./index";

export function useLanguage() {
  return useSyncExternalStore(languageStore.subscribe, languageStore.get);
}
