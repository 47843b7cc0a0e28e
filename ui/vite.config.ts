import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The shell's content security policy. The preview server sends it too, so that the end-to-end tests run under it. */
const shell = JSON.parse(readFileSync(new URL("../tauri.conf.json", import.meta.url), "utf8")) as { app: { security: { csp: Record<string, string> } } };
const csp = Object.entries(shell.app.security.csp).map(([part, sources]) => `${part} ${sources}`).join("; ");

/** The architecture diagram, which About shows in a window of its own, is a document of the project. */
const architecture: Plugin = {
  name: "architecture",
  generateBundle() {
    const source = readFileSync(new URL("../docs/architecture.html", import.meta.url));
    this.emitFile({ type: "asset", fileName: "architecture.html", source });
  },
};

interface Modules {
  getModuleInfo(id: string): { importedIds: string[] } | null;
}

/** Tells whether a module is needed at the start of a page. */
function startOf(page: string): (id: string, modules: Modules) => boolean {
  let reached: Set<string> | null = null;
  return (id, modules) => {
    if (reached === null) {
      // Vite writes paths with slashes on every system.
      const first = fileURLToPath(new URL(page, import.meta.url)).replaceAll("\\", "/");
      if (modules.getModuleInfo(first) === null) throw new Error(`the bundler knows no ${first}`);
      reached = new Set([first]);
      for (const module of reached) modules.getModuleInfo(module)?.importedIds.forEach((imported) => reached?.add(imported));
    }
    return reached.has(id);
  };
}

const [ofMain, ofQuick] = [startOf("index.html"), startOf("quick.html")];

/** Files of the start, because many small ones compress worse: what both pages need, and what only the main one needs. */
const files: { name: (id: string, modules: Modules) => string | null; debugName: string; priority: number }[] = [
  { name: (id, modules) => (ofMain(id, modules) && ofQuick(id, modules) ? "start" : null), debugName: "start", priority: 2 },
  { name: (id, modules) => (ofMain(id, modules) && !/\.html$|\/src\/main\.tsx$/.test(id) ? "main" : null), debugName: "main", priority: 1 },
];

export default defineConfig({
  plugins: [react(), tailwindcss(), architecture],
  base: "./",
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  preview: { headers: { "Content-Security-Policy": csp } },
  build: { rollupOptions: { input: ["index.html", "quick.html"], output: { codeSplitting: { groups: files } } }, target: "es2023", outDir: "dist", sourcemap: false, modulePreload: { polyfill: false } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
  },
});
