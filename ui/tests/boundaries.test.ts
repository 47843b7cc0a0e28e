/** The import rules between folders, and a few rules on the source. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../src");
const FEATURES = ["chat", "inbox", "agents", "memory", "stack", "settings", "first-run"];

/** The folders that each folder may import besides itself. Only design may not import types of the wire. */
const ALLOWED: Record<string, string[]> = {
  words: [],
  bridge: [],
  design: ["words"],
  data: ["bridge", "words"],
  journal: ["bridge", "data", "design", "words"],
  providers: ["bridge", "data", "design", "words"],
  account: ["bridge", "data", "design", "words"],
  ...Object.fromEntries(FEATURES.map((feature) => [feature, ["bridge", "data", "design", "journal", "providers", "account", "words"]])),
  app: ["bridge", "data", "design", "journal", "account", "words", ...FEATURES],
  // A window of its own, with an entry of its own.
  quick: ["app", "bridge", "data", "design", "journal", "words"],
  ".": ["app", "design", "words"],
};

const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((path) => /\.(ts|tsx)$/.test(path)).map((path) => path.replaceAll("\\", "/"));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const folder = (path: string) => (path.includes("/") ? (path.split("/")[0] ?? ".") : ".");

function imports(path: string): string[] {
  return [...read(path).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((found) => found[1] ?? "");
}

describe("boundaries", () => {
  test("only the bridge imports Tauri, and only @tauri-apps/api", () => {
    const known = files.flatMap((path) => imports(path).filter((name) => name.startsWith("@tauri-apps/")).map((name) => [folder(path), name.split("/").slice(0, 2).join("/")]));
    expect(known.length).toBeGreaterThan(0);
    for (const found of known) expect(found).toEqual(["bridge", "@tauri-apps/api"]);
  });

  test("folders import only lower layers, and features do not import each other", () => {
    const wrong = files.flatMap((path) =>
      imports(path)
        .filter((name) => name.startsWith("."))
        .map((name) => folder(relative(ROOT, join(ROOT, path, "..", name)).replaceAll("\\", "/") + (/\.css$/.test(name) ? "" : "/x")))
        .filter((target) => path.includes("/") && target !== folder(path) && !ALLOWED[folder(path)]?.includes(target))
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("only bridge/index.ts imports the simulated host", () => {
    const importers = files.filter((path) => !path.startsWith("bridge/fake/") && !path.includes(".test.") && imports(path).some((name) => name.includes("/fake")));
    expect(importers).toEqual(["bridge/index.ts"]);
  });

  test("code branches on error codes, never on messages", () => {
    const wrong = files.filter((path) => /error\.message\s*(===|\.includes|\.startsWith|\.match)/.test(read(path)));
    expect(wrong).toEqual([]);
  });

  test("colours come from tokens", () => {
    const wrong = files.filter((path) => /#[0-9a-f]{6}\b|\b(?:rgb|hsl|oklch)\(/i.test(read(path)));
    expect(wrong).toEqual([]);
  });

  test("the layout is the same from right to left: inline start and end, not left and right", () => {
    const physical = /[\s"`](?:@[\w/]+:)?-?(?:ml|mr|pl|pr|left|right|border-l|border-r|rounded-[lr]|rounded-[tb][lr])-?[\d[]|[\s"`](?:text-left|text-right|border-[lr])[\s"`]|[\s"`](?:ml|mr)-auto/;
    const wrong = files.filter((path) => !path.includes(".test.") && physical.test(read(path)));
    expect(wrong).toEqual([]);
  });

  test("a file has at most 250 lines", () => {
    // Generated, and the tables of words.
    const isTable = (path: string) => path === "bridge/wire.ts" || /^words\/(?:de|hi)\//.test(path);
    const long = files.filter((path) => !isTable(path) && read(path).split("\n").length > 250);
    expect(long).toEqual([]);
  });
});
