import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { startAppearance } from "./design/appearance";
import "./design/tokens.css";
import "./design/prose.css";

startAppearance();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
