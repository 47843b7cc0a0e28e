/** Builds the window in a separate process: inside a test run, React would be built in development mode. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

export function buildWindow(mode: "production" | "fake", folder: string) {
  const vite = fileURLToPath(new URL("../node_modules/vite/bin/vite.js", import.meta.url));
  const env = { ...process.env, NODE_ENV: "production" };
  execFileSync(process.execPath, [vite, "build", "--mode", mode, "--outDir", folder, "--emptyOutDir", "--logLevel", "error"], { cwd: ROOT, env, stdio: "inherit" });
}
