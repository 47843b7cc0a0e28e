/** What people and models write, as it is read: tags, East Asian text, both directions, links between pages. */
import { type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launchBrowser, open, screenshot } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

const ANSWER = `Return \`Vec<String>\` or, in words, a Vec<String> of names; a Result<Option<u8>, Error> too.

Run: growqr memory read <path-of-the-page>

| | what |
|---|---|
| 1 | open it<br>then close it |
| 2 | 10<br>20 |

<details><summary>Why</summary>

The reason stands here.

</details>

Press <kbd>Ctrl</kbd>+<kbd>K</kbd>. H<sub>2</sub>O. Mail <someone@example.org>.

<think>
A thought that a model left in its answer.
</think>

**注意：**请先保存。大约需要3~5天，价格100~200元。详见 https://example.org/guide。然后继续。

값은 **약 3~4시간**입니다.

## עברית

- ראשון \`a.b()\`
- שני`;

const LINKS = `# Links

[sharp](notes/C%23.md), [brackets](<notes/C#.md>), [a heading in it](notes/C%23.md#the-start), [spaces](notes/two%20words.md), [accent](notes/Zo%C3%AB.md), [[two words|wiki]], [place](growqr://memory/notes%2FC%23.md), [an agent](growqr://agent/grow), [gone](notes/gone)`;

async function write(page: Page, path: string, text: string) {
  await page.evaluate((at) => void (location.hash = `#/memory/${encodeURIComponent(at)}?at=edit`), path);
  const box = page.getByRole("textbox", { name: `Text of ${path}` });
  if (await page.getByRole("button", { name: "Create page" }).isVisible()) await page.getByRole("button", { name: "Create page" }).click();
  await box.fill(text);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await box.waitFor({ state: "detached" });
}

test.each(["light", "dark"] as const)("an answer keeps its words, its breaks and its direction (%s)", async (theme) => {
  const { page, context, pageErrors } = await open(chromium, { theme, size: { width: 1280, height: 1000 } });
  await page.getByText("shall I write to Mara").waitFor();
  await write(page, "answer.md", ANSWER);
  const text = page.getByRole("region", { name: "Page" });
  await text.getByText("a Vec<String> of names").waitFor();
  await text.getByText("<path-of-the-page>").waitFor();
  await text.getByText("大约需要3~5天，价格100~200元。").waitFor();
  expect(await text.locator("td br").count()).toBe(2);
  expect(await text.getByText("The reason stands here.").isVisible()).toBe(false);
  await text.getByText("Why").click();
  await text.getByText("The reason stands here.").waitFor();
  expect(await text.getByRole("heading", { name: "עברית" }).evaluate((heading) => getComputedStyle(heading).direction)).toBe("rtl");
  await expectAccessible(page);
  await screenshot(page, `words-${theme}`);
  expect(pageErrors).toEqual([]);
  await context.close();
});

test("links open the pages that they mean, scroll to headings, and offer to make a page that is not there", async () => {
  const { page, context } = await open(chromium);
  await page.getByText("shall I write to Mara").waitFor();
  const filling = "Words.\n\n".repeat(80);
  await write(page, "notes/C#.md", `# Sharp\n\n${filling}## The start\n\nhere\n\n${filling}`);
  await write(page, "notes/two words.md", "# Two words\n");
  await write(page, "notes/Zoe\u0308.md", "# Decomposed\n");
  await write(page, "index.md", LINKS);
  const follow = async (name: string, heading: string) => {
    await page.evaluate(() => void (location.hash = "#/memory/index.md"));
    await page.getByRole("link", { name, exact: true }).click();
    await page.getByRole("heading", { name: heading, exact: true }).first().waitFor();
  };
  await follow("sharp", "Sharp");
  await follow("brackets", "Sharp");
  await follow("spaces", "Two words");
  await follow("accent", "Decomposed");
  await follow("wiki", "Two words");
  await follow("place", "Sharp");
  await follow("a heading in it", "The start");
  await page.waitForFunction(() => {
    const box = document.querySelector("[data-marked]")?.getBoundingClientRect();
    return box && box.top > 0 && box.bottom < innerHeight;
  });
  await follow("an agent", "Grow Agent");
  await follow("gone", "notes/gone.md");
  await page.getByRole("button", { name: "Create page" }).waitFor();
  await expectAccessible(page);
  await context.close();
});
