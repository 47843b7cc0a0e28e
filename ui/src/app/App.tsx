/** The root component: connects to the host, loads the first data and renders the window. */
import { useEffect, useState } from "react";
import { connect, type Host, HostError } from "../bridge";
import { SignInDialogs } from "../account/SignInDialogs";
import { ErrorPanel } from "../design/states";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { startFeed } from "../data/feed";
import { GROW, Journals } from "../data/journals";
import { keys } from "../data/keys";
import { prefetchInitial } from "../data/queries";
import { StandaloneMain } from "./StandaloneMain";
import { Links } from "./Links";
import { listenToHost, reloadPage, openLinkedPlace } from "./hostEvents";
import { WindowSkeleton } from "./WindowSkeleton";
import { Shell } from "./Shell";

const frames = { request: (run: () => void) => requestAnimationFrame(run), cancel: (id: number) => cancelAnimationFrame(id) };

/** Connects to the host, reads the first view's data and, in parallel, subscribes to pushes and host events. */
async function load() {
  const host: Host = await connect();
  const client = newClient();
  const journals = new Journals(host, frames);
  const drafts = new Drafts(host);
  const read = Promise.all([drafts.loadProfile(), prefetchInitial(host, client), journals.begin(GROW)]);
  const following = Promise.all([startFeed(host, client, journals), listenToHost(host, client)]).then(async () => {
    // Data read before the subscription started may be stale, or may belong to another profile.
    await read;
    for (const queryKey of [keys.agents, keys.budget, keys.signIn]) void client.invalidateQueries({ queryKey });
    journals.catchUp();
    const about = await host.call("about", {}).catch(() => null);
    if (about && drafts.profile !== null && about.profile !== drafts.profile) reloadPage();
  });
  // App handles the rejection once it is mounted.
  following.catch(() => {});
  await Promise.all([read, openLinkedPlace(host)]);
  return { host, client, journals, drafts, following };
}

type Started = Awaited<ReturnType<typeof load>> | HostError;

/** Never rejects: resolves to the loaded data, or to the error to show. */
export function start(): Promise<Started> {
  return load().catch((thrown: unknown) => HostError.from(thrown));
}

export function App(props: { started: Started }) {
  // `null` during a retry.
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
