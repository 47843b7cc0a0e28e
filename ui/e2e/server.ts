/** Builds the window with the simulated host and serves it under the production CSP. */
import { build, preview } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    url: string;
  }
}

export default async function serve(project: TestProject) {
  const root = new URL("..", import.meta.url).pathname;
  const shared = { root, configFile: `${root}vite.config.ts`, mode: "fake", build: { outDir: "dist-fake" }, logLevel: "error" } as const;
  await build(shared);
  const server = await preview({ ...shared, preview: { port: 0 } });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error("the preview server has no address");
  project.provide("url", url);
  return () => server.close();
}
