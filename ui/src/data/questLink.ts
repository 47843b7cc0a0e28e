/** The link from a page of memory to the form that starts it as a quest. */
import { place, toSettings } from "./links";

/** By custom, plans are in this folder. */
export const PLANS = "quests/";

export const toQuest = (path: string) => `${toSettings}/${encodeURIComponent(path)}?at=quests`;

/** The page that the open link is about; `null` if there is none. */
export function linkedPlan(): string | null {
  const { view, id, at } = place(location.hash);
  return view === "settings" && at === "quests" ? id : null;
}
