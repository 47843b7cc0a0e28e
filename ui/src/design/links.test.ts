import { expect, test } from "vitest";
import { target } from "./links";

test("a link has the owner that a browser would contact", () => {
  expect(target("https://example.org/a?b=c")).toEqual({ address: "https://example.org/a?b=c", owner: "example.org", kind: "web" });
  expect(target("https://bücher.example/")?.owner).toBe("xn--bcher-kva.example");
  expect(target("mailto:you%40example.org?subject=Hello")).toMatchObject({ owner: "you@example.org", kind: "mail" });
});

test("only web pages and email addresses can be opened", () => {
  for (const text of ["", "notes.md", "//example.org", "javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "https://bank.example@evil.example/", "https://"]) {
    expect(target(text), text).toBeNull();
  }
});
