/** Everything joined: the host, what is read from it, and the window. */
import { useEffect, useState } from "react";
import { connect, type Host, HostError } from "../bridge";
import { SigningIn } from "../account/SigningIn";
import { ErrorPanel } from "../design/states";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { startFeed } from "../data/feed";
import { GROW, Journals } from "../data/journals";
import { keys, readEarly } from "../data/queries";
import { Alone } from "./Alone";
import { Links } from "./Links";
import { beginAnew, listen, showPlace } from "./happenings";
import { Opening } from "./Opening";
import { Shell } from "./Shell";

const frames = { request: (run: () => void) => requestAnimationFrame(run), cancel: (id: number) => cancelAnimationFrame(id) };

/** Reads what the first view shows, and meanwhile begins to follow. */
async function join() {
  const host: Host = await connect();
  const client = newClient();
  const journals = new Journals(host, frames);
  const drafts = new Drafts(host);
  const read = Promise.all([drafts.learn(), readEarly(host, client), journals.begin(GROW)]);
  const following = Promise.all([startFeed(host, client, journals), listen(host, client)]).then(async () => {
    // What was read before this window followed may be behind already, or another profile's.
    await read;
    for (const queryKey of [keys.agents, keys.budget, keys.signIn]) void client.invalidateQueries({ queryKey });
    journals.catchUp();
    const about = await host.call("about", {}).catch(() => null);
    if (about && drafts.profile !== null && about.profile !== drafts.profile) beginAnew();
  });
  // It is looked at once there is a window to show it in.
  following.catch(() => {});
  await Promise.all([read, showPlace(host)]);
  return { host, client, journals, drafts, following };
}

type Begun = Awaited<ReturnType<typeof join>> | HostError;

/** Resolves once there is something to show. */
export function begin(): Promise<Begun> {
  return join().catch((thrown: unknown) => HostError.from(thrown));
}

export function App(props: { begun: Begun }) {
  // `null` while it is tried again.
  const [begun, setBegun] = useState<Begun | null>(props.begun);
  useEffect(() => {
    let live = true;
    const show = (next: Begun) => live && setBegun(next);
    if (begun === null) void begin().then(show);
    else if (!(begun instanceof HostError)) begun.following.catch((thrown: unknown) => show(HostError.from(thrown)));
    return () => {
      live = false;
    };
  }, [begun]);
  if (begun instanceof HostError) {
    return (
      <Alone>
        <ErrorPanel problem={begun} retry={() => setBegun(null)} />
      </Alone>
    );
  }
  if (!begun) return <Opening />;
  return (
    <DataProvider {...begun}>
      <Links>
        <Shell />
        <SigningIn />
      </Links>
    </DataProvider>
  );
}
