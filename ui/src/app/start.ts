/** Connects to the host and loads the first data of a window. */
import type { QueryClient } from "@tanstack/react-query";
import { connect, type Host, HostError } from "../bridge";
import { newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { startFeed } from "../data/feed";
import { GROW, Journals } from "../data/journals";
import { keys } from "../data/keys";
import { prefetchInitial } from "../data/queries";
import { reloadPage } from "./hostEvents";

const frames = { request: (run: () => void) => requestAnimationFrame(run), cancel: (id: number) => cancelAnimationFrame(id) };

/** What a window does with the events of the host, and before it is shown. */
export interface WindowEvents {
  /** Subscribes for the lifetime of the window. */
  listen(host: Host, client: QueryClient): Promise<void>;
  /** Resolves when the window knows what to show. */
  before(host: Host): Promise<void>;
}

/** Connects, reads the first view's data and, in parallel, subscribes to pushes and host events. */
async function load(events: WindowEvents) {
  const host: Host = await connect();
  const client = newClient();
  const journals = new Journals(host, frames);
  const drafts = new Drafts(host);
  const read = Promise.all([drafts.loadProfile(), prefetchInitial(host, client), journals.begin(GROW)]);
  const settleSent = async () => {
    await read;
    const isNeeded = Object.keys(localStorage).some((key) => /^(id|sending):/.test(key));
    if (isNeeded) (await import("../data/sentDraft")).settleSent(drafts, () => journals.get(GROW));
  };
  // They stay until the next start.
  settleSent().catch(() => {});
  const following = Promise.all([startFeed(host, client, journals), events.listen(host, client)]).then(async () => {
    // Data read before the subscription started may be stale, or may belong to another profile.
    await read;
    for (const queryKey of [keys.agents, keys.budget, keys.signIn]) void client.invalidateQueries({ queryKey });
    journals.catchUp();
    const about = await host.call("about", {}).catch(() => null);
    if (about && drafts.profile !== null && about.profile !== drafts.profile) reloadPage();
  });
  // App handles the rejection once it is mounted.
  following.catch(() => {});
  await Promise.all([read, events.before(host)]);
  return { host, client, journals, drafts, following };
}

export type Started = Awaited<ReturnType<typeof load>> | HostError;

/** Never rejects: resolves to the loaded data, or to the error to show. */
export function start(events: WindowEvents): Promise<Started> {
  void import("./strayDrops").then((loaded) => loaded.ignoreStrayDrops());
  return load(events).catch((thrown: unknown) => HostError.from(thrown));
}
