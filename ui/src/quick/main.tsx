import { createRoot } from "react-dom/client";
import { App } from "../app/App";
import { focusComposer, reloadPage } from "../app/hostEvents";
import { Links } from "../app/Links";
import { start, type WindowEvents } from "../app/start";
import { keys } from "../data/keys";
import { startAppearance } from "../design/appearance";
import { startLanguage } from "../words";
import { Loading } from "../design/states";
import { Quick } from "./Quick";
import "../design/tokens.css";
import "../design/prose.css";

startAppearance();
const words = startLanguage();
const root = document.getElementById("root");
const events: WindowEvents = {
  async listen(host, client) {
    const subscriptions = [
      host.on("quick-shown", focusComposer),
      host.on("sign-in-changed", () => void client.invalidateQueries({ queryKey: keys.signIn })),
      host.on("profile-changed", reloadPage),
    ];
    await Promise.allSettled(subscriptions);
  },
  before: () => Promise.resolve(),
};
if (root) {
  void Promise.all([start(events), words]).then(([started]) =>
    createRoot(root).render(
      <App started={started} events={events} skeleton={<Loading />}>
        <Links>
          <Quick />
        </Links>
      </App>,
    ),
  );
}
