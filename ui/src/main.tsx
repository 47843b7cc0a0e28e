import { createRoot } from "react-dom/client";
import { App, begin } from "./app/App";
import { startAppearance } from "./design/appearance";
import "./design/tokens.css";
import "./design/prose.css";

startAppearance();
const root = document.getElementById("root");
// Until then the frame of index.html is seen.
if (root) void begin().then((begun) => createRoot(root).render(<App begun={begun} />));
