import { createRoot } from "react-dom/client";
import { App, start } from "./app/App";
import { startAppearance } from "./design/appearance";
import "./design/tokens.css";
import "./design/prose.css";

startAppearance();
const root = document.getElementById("root");
// Until then the frame of index.html is seen.
if (root) void start().then((started) => createRoot(root).render(<App started={started} />));
