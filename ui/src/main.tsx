import { createRoot } from "react-dom/client";
import { App, start } from "./app/App";
import { startAppearance } from "./design/appearance";
import "./design/tokens.css";
import "./design/prose.css";

startAppearance();
const root = document.getElementById("root");
// index.html shows the window skeleton until the first data has loaded.
if (root) void start().then((started) => createRoot(root).render(<App started={started} />));
