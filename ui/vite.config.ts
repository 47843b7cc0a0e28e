import { readFileSync } from "node:fs";
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

export default defineConfig({
  plugins: [react(), tailwindcss(), architecture],
  base: "./",
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  preview: { headers: { "Content-Security-Policy": csp } },
  build: { rollupOptions: { input: ["index.html", "quick.html"] }, target: "es2023", outDir: "dist", sourcemap: false, modulePreload: { polyfill: false } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
  },
});
