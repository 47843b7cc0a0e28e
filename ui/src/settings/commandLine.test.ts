import { expect, test } from "vitest";
import { commandLine, transportOf, words } from "./commandLine";

test("a typed line has the words that a shell would see", () => {
  expect(words("npx -y  pkg")).toEqual(["npx", "-y", "pkg"]);
  expect(words(`run "a b" 'c "d"' e\\ f ""`)).toEqual(["run", "a b", 'c "d"', "e f", ""]);
  expect(words("")).toEqual([]);
  expect(words('run "a')).toBeNull();
});

test("a path of Windows keeps its backslashes", () => {
  expect(words("C:\\Users\\me\\server.exe D:\\notes")).toEqual(["C:\\Users\\me\\server.exe", "D:\\notes"]);
});

test("a line that is shown can be typed again", () => {
  for (const args of [["-y", "pkg"], ["a b", 'say "hi"'], ["C:\\notes", "back\\\\slash"], [""]]) {
    const transport = { type: "program" as const, command: "npx", args };
    expect(transportOf(commandLine(transport))).toEqual(transport);
  }
});

test("an address is no program", () => {
  expect(transportOf(" https://example.com/mcp ")).toEqual({ type: "http", url: "https://example.com/mcp" });
  expect(transportOf("   ")).toBeNull();
});
