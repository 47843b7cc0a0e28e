import { lazy, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { listenToHost, openLinkedPlace } from "./app/hostEvents";
import { Links } from "./app/Links";
import { Shell } from "./app/Shell";
import { start } from "./app/start";
import { WindowSkeleton } from "./app/WindowSkeleton";
import { startAppearance } from "./design/appearance";
import { startLanguage } from "./words";
import "./design/tokens.css";
import "./design/prose.css";

// A window without a sign-in in progress does not need it for its first paint.
const SignInDialogs = lazy(() => import("./account/SignInDialogs"));

startAppearance();
const words = startLanguage();
const root = document.getElementById("root");
const events = { listen: listenToHost, before: openLinkedPlace };
// index.html shows the window skeleton until the first data has loaded.
if (root) {
  void Promise.all([start(events), words]).then(([started]) =>
    createRoot(root).render(
      <App started={started} events={events} skeleton={<WindowSkeleton />}>
        <Links>
          <Shell />
          <Suspense fallback={null}>
            <SignInDialogs />
          </Suspense>
        </Links>
      </App>,
    ),
  );
}
