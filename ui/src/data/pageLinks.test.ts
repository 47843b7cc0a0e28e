import { expect, test } from "vitest";
import { findPage } from "./pageLinks";

const PAGES = ["index.md", "notes/C#.md", "notes/50%.md", "notes/a+b.md", "notes/q&a.md", "notes/one, two.md", "notes/two words.md", "notes/Zoe\u0308.md", "❤️ Health.md", "goals/README.md", "README.md", "a/same.md", "b/same.md"];
const path = (href: string, from: string | null = "index.md") => findPage(href, from, PAGES)?.path;

test.each([
  ["notes/C%23.md", "notes/C#.md"],
  ["notes/C#.md", "notes/C#.md"],
  ["notes/50%25.md", "notes/50%.md"],
  ["notes/50%.md", "notes/50%.md"],
  ["notes/a+b.md", "notes/a+b.md"],
  ["notes/a%2Bb.md", "notes/a+b.md"],
  ["notes/q%26a.md", "notes/q&a.md"],
  ["notes/one%2C%20two.md", "notes/one, two.md"],
  ["notes/two%20words.md", "notes/two words.md"],
  ["notes/Zo%C3%AB.md", "notes/Zoe\u0308.md"],
  ["notes/Zo%65%CC%88.md", "notes/Zoe\u0308.md"],
  ["%E2%9D%A4%20Health.md", "❤️ Health.md"],
  ["../memory/notes/a+b.md", "notes/a+b.md"],
  ["/notes/a+b.md", "notes/a+b.md"],
  ["notes/a+b", "notes/a+b.md"],
  ["a%2Bb", "notes/a+b.md"],
  ["GOALS/readme.md", "goals/README.md"],
  ["growqr://memory/notes%2Fa%2Bb.md", "notes/a+b.md"],
])("%s opens %s", (href, page) => {
  expect(path(href)).toBe(page);
  expect(path(href, null)).toBe(page);
});

test("a link is read from its page first, then from the root", () => {
  expect(path("README.md", "goals/rust.md")).toBe("goals/README.md");
  expect(path("/README.md", "goals/rust.md")).toBe("README.md");
  expect(path("notes/a+b.md", "goals/rust.md")).toBe("notes/a+b.md");
  expect(path("../README.md", "goals/rust.md")).toBe("README.md");
});

test("what follows a # is a heading, unless a page is called so", () => {
  expect(findPage("notes/C%23.md#start", null, PAGES)).toEqual({ path: "notes/C#.md", heading: "start" });
  expect(findPage("notes/C#.md#the%20start", null, PAGES)).toEqual({ path: "notes/C#.md", heading: "the start" });
  expect(findPage("#links", "index.md", PAGES)).toEqual({ path: "index.md", heading: "links" });
  expect(findPage("#links", null, PAGES)).toBeNull();
});

test("a page that does not exist gets the path at which it would be made", () => {
  expect(findPage("new%20page#top", "goals/rust.md", PAGES)).toEqual({ path: "goals/new page.md", heading: "top" });
  expect(findPage("broken%E0%A4%A.md", null, PAGES)).toEqual({ path: "broken%E0%A4%A.md", heading: null });
  expect(path("../../../etc/passwd")).toBe("etc/passwd.md");
  expect(path("same")).toBe("same.md");
});
