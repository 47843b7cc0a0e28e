import { expect, test } from "vitest";
import { sameServer } from "./sameServer";

test("an address is the same server with and without /v1, and by every name of this computer", () => {
  expect(sameServer("http://localhost:1234", "http://127.0.0.1:1234/v1")).toBe(true);
  expect(sameServer("https://example.org/ai/v1/", "https://example.org/ai")).toBe(true);
  expect(sameServer("http://localhost:1234", "http://localhost:1235")).toBe(false);
  expect(sameServer("http://localhost:1234", "http://example.org:1234")).toBe(false);
  expect(sameServer("auto", "auto")).toBe(false);
});
