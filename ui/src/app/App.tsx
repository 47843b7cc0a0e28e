/** Everything joined: the host, what is read from it, and the window. */
import { useEffect, useState } from "react";
import { connect, type Host, HostError } from "../bridge";
import { SigningIn } from "../account/SigningIn";
import { Failed } from "../design/states";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { startFeed } from "../data/feed";
import { GROW, Journals } from "../data/journals";
import { keys, readEarly } from "../data/queries";
import { Alone } from "./Alone";
import { Links } from "./Links";
import { listen } from "./happenings";
import { Opening } from "./Opening";
import { Shell } from "./Shell";

const frames = { request: (run: () => void) => requestAnimationFrame(run), cancel: (id: number) => cancelAnimationFrame(id) };

async function join() {
  const host: Host = await connect();
  const client = newClient();
  const journals = new Journals(host, frames);
  const early = Promise.all([readEarly(host, client), journals.begin(GROW)]);
  const drafts = new Drafts(host);
  await Promise.all([drafts.learn(), startFeed(host, client, journals), listen(host, client)]);
  // What was read before this window followed may be behind already.
  void early.then(() => {
    for (const queryKey of [keys.agents, keys.budget]) void client.invalidateQueries({ queryKey });
    journals.catchUp();
  });
  return { host, client, journals, drafts };
}

type Joined = Awaited<ReturnType<typeof join>>;

export function App() {
  const [joined, setJoined] = useState<Joined | null>(null);
  const [error, setError] = useState<HostError | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let live = true;
    setError(null);
    join().then(
      (done) => live && setJoined(done),
      (thrown: unknown) => live && setError(HostError.from(thrown)),
    );
    return () => {
      live = false;
    };
  }, [attempt]);
  if (error) {
    return (
      <Alone>
        <Failed problem={error} retry={() => setAttempt(attempt + 1)} />
      </Alone>
    );
  }
  if (!joined) return <Opening />;
  return (
    <DataProvider {...joined}>
      <Links>
        <Shell />
        <SigningIn />
      </Links>
    </DataProvider>
  );
}
