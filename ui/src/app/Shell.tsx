/** The window: first run, or the sidebar with the open view. */
import { lazy, Suspense, useMemo, useState } from "react";
import Chat from "../chat/Chat";
import { ErrorPanel, Loading } from "../design/states";
import { answerer } from "../data/answerer";
import { type Place, place as readPlace } from "../data/links";
import { useAgents, useKeys, useSettings } from "../data/queries";
import { t } from "../words";
import { StandaloneMain } from "./StandaloneMain";
import { ErrorBoundary } from "./ErrorBoundary";
import { WindowSkeleton } from "./WindowSkeleton";
import { Sidebar } from "./Sidebar";
import { usePlace } from "./usePlace";
import { useShortcuts } from "./useShortcuts";
import { VIEWS } from "./views";

// They have nothing to say before the first paint.
const Announcers = lazy(() => import("./Announcers"));
const Bars = lazy(() => import("./Bars"));
const Agents = lazy(() => import("../agents/Agents"));
const Inbox = lazy(() => import("../inbox/Inbox"));
const Memory = lazy(() => import("../memory/Memory"));
const Stack = lazy(() => import("../stack/Stack"));
const Settings = lazy(() => import("../settings/Settings"));
const FirstRun = lazy(() => import("../first-run/FirstRun"));
const Palette = lazy(() => import("./Palette"));

export function Shell() {
  const agents = useAgents();
  const keys = useKeys();
  const settings = useSettings();
  const [guide, setGuide] = useState(false);
  // Reading keys can be slow because of the keychain. With an earlier turn this is not a first run, so do not wait for them.
  if (agents.data?.some((agent) => agent.turn > 0)) return <Frame />;
  const error = agents.error ?? keys.error;
  if (!agents.data || !keys.data || settings.isPending) {
    const retry = () => void Promise.all([agents.refetch(), keys.refetch()]);
    return error ? (
      <StandaloneMain>
        <ErrorPanel problem={error} retry={retry} />
      </StandaloneMain>
    ) : (
      <WindowSkeleton />
    );
  }
  // If settings cannot be read, the views that need them show the error.
  const isNew = settings.data !== undefined && answerer(settings.data, keys.data.keys) === "no_key";
  if (isNew && !guide) {
    return (
      <Suspense fallback={<WindowSkeleton />}>
        <FirstRun onGuide={() => setGuide(true)} />
      </Suspense>
    );
  }
  return <Frame />;
}

function Frame() {
  const place = usePlace();
  const [palette, setPalette] = useState(false);
  const [searching, setSearching] = useState(false);
  const actions = useMemo(
    () => ({
      palette: () => setPalette(true),
      find: () => {
        if (readPlace(location.hash).view === "chat") setSearching(true);
        document.querySelector<HTMLElement>("[data-search]")?.focus();
        document.querySelector<HTMLElement>("[data-find][aria-pressed=false]")?.click();
      },
      escape: () => setSearching(false),
    }),
    [],
  );
  useShortcuts(actions);
  const title = VIEWS.find(({ view }) => view === place.view)?.label;
  return (
    <div className="@container/window flex h-full">
      <Sidebar place={place} onPalette={() => setPalette(true)} />
      <main className="@container/view flex min-w-0 grow flex-col">
        <h1 className="sr-only">GrowQR: {title && t(title)}</h1>
        <Suspense fallback={null}>
          <Bars />
        </Suspense>
        <div className="min-h-0 grow">
          <ErrorBoundary key={place.view}>
            <Suspense fallback={<Loading />}>
              <View place={place} searching={searching} onSearching={setSearching} />
            </Suspense>
          </ErrorBoundary>
        </div>
      </main>
      <Suspense fallback={null}>
        <Announcers place={place} />
      </Suspense>
      {palette && (
        <Suspense fallback={null}>
          <Palette onClose={() => setPalette(false)} />
        </Suspense>
      )}
    </div>
  );
}

function View(props: { place: Place; searching: boolean; onSearching: (open: boolean) => void }) {
  const { view, id, at, change, line, heading } = props.place;
  switch (view) {
    case "chat":
      return <Chat searching={props.searching} onSearching={props.onSearching} />;
    case "inbox":
      return <Inbox />;
    case "agents":
      return <Agents id={id} at={at} />;
    case "memory":
      return <Memory path={id} tab={at} change={change} line={line} heading={heading} />;
    case "stack":
      return <Stack />;
    case "settings":
      return <Settings at={at} />;
  }
}
