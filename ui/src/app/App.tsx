/** Everything joined: the host, what is read from it, and the window. */
import { useEffect, useState } from "react";
import { connect, type Host, HostError } from "../bridge";
import { SignInDialogs } from "../account/SignInDialogs";
import { ErrorPanel } from "../design/states";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { startFeed } from "../data/feed";
import { GROW, Journals } from "../data/journals";
import { keys, prefetchInitial } from "../data/queries";
import { StandaloneMain } from "./StandaloneMain";
import { Links } from "./Links";
import { listenToHost, reloadPage, openLinkedPlace } from "./hostEvents";
import { WindowSkeleton } from "./WindowSkeleton";
import { Shell } from "./Shell";

const frames = { request: (run: () => void) => requestAnimationFrame(run), cancel: (id: number) => cancelAnimationFrame(id) };

/** Reads what the first view shows, and meanwhile begins to follow. */
async function load() {
  const host: Host = await connect();
  const client = newClient();
  const journals = new Journals(host, frames);
  const drafts = new Drafts(host);
  const read = Promise.all([drafts.loadProfile(), prefetchInitial(host, client), journals.begin(GROW)]);
  const following = Promise.all([startFeed(host, client, journals), listenToHost(host, client)]).then(async () => {
    // What was read before this window followed may be behind already, or another profile's.
    await read;
    for (const queryKey of [keys.agents, keys.budget, keys.signIn]) void client.invalidateQueries({ queryKey });
    journals.catchUp();
    const about = await host.call("about", {}).catch(() => null);
    if (about && drafts.profile !== null && about.profile !== drafts.profile) reloadPage();
  });
  // It is looked at once there is a window to show it in.
  following.catch(() => {});
  await Promise.all([read, openLinkedPlace(host)]);
  return { host, client, journals, drafts, following };
}

type Started = Awaited<ReturnType<typeof load>> | HostError;

/** Resolves once there is something to show. */
export function start(): Promise<Started> {
  return load().catch((thrown: unknown) => HostError.from(thrown));
}

export function App(props: { started: Started }) {
  // `null` while it is tried again.
  const [started, setStarted] = useState<Started | null>(props.started);
  useEffect(() => {
    let live = true;
    const show = (next: Started) => live && setStarted(next);
    if (started === null) void start().then(show);
    else if (!(started instanceof HostError)) started.following.catch((thrown: unknown) => show(HostError.from(thrown)));
    return () => {
      live = false;
    };
  }, [started]);
  if (started instanceof HostError) {
    return (
      <StandaloneMain>
        <ErrorPanel problem={started} retry={() => setStarted(null)} />
      </StandaloneMain>
    );
  }
  if (!started) return <WindowSkeleton />;
  return (
    <DataProvider {...started}>
      <Links>
        <Shell />
        <SignInDialogs />
      </Links>
    </DataProvider>
  );
}
