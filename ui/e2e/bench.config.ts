import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.bench.ts"],
    globalSetup: ["./server.ts"],
    environment: "node",
    testTimeout: 300_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    // Print figures unchanged, one per line.
    disableConsoleIntercept: true,
    reporters: ["dot"],
  },
});
