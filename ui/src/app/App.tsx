/** The root component of a window: shows its content once the first data has loaded, or the error. */
import { Fragment, type ReactNode, useEffect, useState } from "react";
import { HostError } from "../bridge";
import { ErrorPanel } from "../design/states";
import { DataProvider } from "../data/context";
import { useLanguage } from "../words/useLanguage";
import { StandaloneMain } from "./StandaloneMain";
import { type Started, start, type WindowEvents } from "./start";

/** `skeleton` is shown during a retry. */
export function App(props: { started: Started; events: WindowEvents; skeleton: ReactNode; children: ReactNode }) {
  const { events } = props;
  const language = useLanguage();
  // `null` during a retry.
  const [started, setStarted] = useState<Started | null>(props.started);
  useEffect(() => {
    let live = true;
    const show = (next: Started) => live && setStarted(next);
    if (started === null) void start(events).then(show);
    else if (!(started instanceof HostError)) started.following.catch((thrown: unknown) => show(HostError.from(thrown)));
    return () => {
      live = false;
    };
  }, [started, events]);
  if (started instanceof HostError) {
    return (
      <StandaloneMain>
        <ErrorPanel problem={started} retry={() => setStarted(null)} />
      </StandaloneMain>
    );
  }
  if (!started) return props.skeleton;
  return (
    <DataProvider {...started}>
      <Fragment key={language}>{props.children}</Fragment>
    </DataProvider>
  );
}
