/** Builds the window with the simulated host and serves it under the production content security policy. */
import { preview } from "vite";
import type { TestProject } from "vitest/node";
import { buildWindow, ROOT } from "./build";

declare module "vitest" {
  interface ProvidedContext {
    url: string;
  }
}

export default async function serve(project: TestProject) {
  buildWindow("fake", "dist-fake");
  const server = await preview({ root: ROOT, configFile: `${ROOT}vite.config.ts`, build: { outDir: "dist-fake" }, preview: { port: 0 }, logLevel: "error" });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error("the preview server has no address");
  project.provide("url", url);
  return () => server.close();
}
