/** The commands of the pages, of the shell and of the windows' capability files must fit together. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(join(import.meta.dirname, "../..", path), "utf8");
const names = (text: string, line: RegExp) => [...text.matchAll(line)].map((found) => found[1] ?? "").sort();

const permissions = (window: string) => (JSON.parse(read(`capabilities/${window}.json`)) as { permissions: string[] }).permissions.filter((one) => !one.startsWith("core:event:")).toSorted();
const allowed = (commands: readonly string[]) => commands.map((name) => `allow-${name.replaceAll("_", "-")}`).toSorted();

/** What only the quick chat may call. */
const ONLY_QUICK = ["hide_quick", "open_in_window"];

/** The bridge calls `follow` itself, with a channel. */
const page = [...names(read("ui/src/bridge/commands.ts"), /^ {2}([a-z_]+): \[/gm), "follow"].sort();

test("the shell answers what the pages call, and the main window may call all but what is the quick chat's", () => {
  const shell = names(read("src-tauri/src/shell/commands.in"), /^ {4}([a-z_]+),$/gm);
  expect(page.length).toBeGreaterThan(15);
  expect(shell).toEqual(page);
  expect(permissions("main")).toEqual(allowed(page.filter((name) => !ONLY_QUICK.includes(name))));
});

test("the quick chat may call what its conversation needs, and changes no sign-in, profile or folder", () => {
  const quick = permissions("quick");
  expect(quick.filter((one) => !allowed(page).includes(one))).toEqual([]);
  for (const name of [...ONLY_QUICK, "ask", "follow", "held_change"]) expect(quick).toContain(allowed([name])[0]);
  for (const name of ["sign_in", "sign_out", "switch_profile", "quit", "take_place", "open_data_folder"]) expect(quick).not.toContain(allowed([name])[0]);
});

test("the content security policy allows no foreign source", () => {
  const { csp } = (JSON.parse(read("tauri.conf.json")) as { app: { security: { csp: Record<string, string> } } }).app.security;
  expect(csp["default-src"]).toBe("'none'");
  expect(csp["script-src"]).toBe("'self'");
  expect(Object.values(csp).join(" ")).not.toMatch(/https:|\*|unsafe-eval/);
});
