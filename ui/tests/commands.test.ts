/** The commands of the page, of the shell and of the window's capability file must be the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(join(import.meta.dirname, "../..", path), "utf8");
const names = (text: string, line: RegExp) => [...text.matchAll(line)].map((found) => found[1] ?? "").sort();

test("the window may call exactly what the page calls, and the shell answers it", () => {
  // The bridge calls `follow` itself, with a channel.
  const page = [...names(read("ui/src/bridge/commands.ts"), /^ {2}([a-z_]+): \[/gm), "follow"].sort();
  const shell = names(read("src-tauri/src/shell/commands.in"), /^ {4}([a-z_]+),$/gm);
  const { permissions } = JSON.parse(read("capabilities/main.json")) as { permissions: string[] };
  expect(page.length).toBeGreaterThan(15);
  expect(shell).toEqual(page);
  expect(permissions.toSorted()).toEqual(["core:event:allow-listen", "core:event:allow-unlisten", ...page.map((name) => `allow-${name.replaceAll("_", "-")}`)].toSorted());
});

test("the content security policy allows no foreign source", () => {
  const { csp } = (JSON.parse(read("tauri.conf.json")) as { app: { security: { csp: Record<string, string> } } }).app.security;
  expect(csp["default-src"]).toBe("'none'");
  expect(csp["script-src"]).toBe("'self'");
  expect(Object.values(csp).join(" ")).not.toMatch(/https:|\*|unsafe-eval/);
});
