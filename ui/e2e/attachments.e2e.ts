/** Attached files: chosen, pasted, dropped, refused, removed, sent, shown, and kept with the draft. */
import { deflateSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutOff, expectAccessible, launchBrowser, open, repair, screenshot, waitForFocus } from "./window";

let chromium: Browser;
beforeAll(async () => {
  chromium = await launchBrowser();
});
afterAll(() => chromium.close());

interface TestFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** A PNG with a gradient. */
function picture(name: string, width: number, height: number): TestFile {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) rows.set([(255 * x) / width, 140, (255 * y) / height], y * (width * 3 + 1) + 1 + x * 3);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const buffer = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
  return { name, mimeType: "image/png", buffer };
}

function crc(data: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of data) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

const PHOTO = picture("plan of the garden.png", 320, 200);
const NOTES: TestFile = { name: "notes.md", mimeType: "text/markdown", buffer: Buffer.from("# Notes\n\n<script>document.title = 'taken over'</script>\n") };
const COURSE: TestFile = { name: "course.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n1 0 obj << /Type /Page >>\n2 0 obj << /Type /Page >>\n3 0 obj << /Type /Page >>\n") };
const ARCHIVE: TestFile = { name: "all.zip", mimeType: "application/zip", buffer: Buffer.from("PK\x03\x04 a b c") };

const box = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
const chips = (page: Page) => page.locator("[data-attached]").getByRole("listitem");
const sendButton = (page: Page) => page.getByRole("button", { name: "Send", exact: true });
const lastSent = (page: Page) => page.getByRole("log").getByRole("list", { name: "Attached files" }).last();

async function choose(page: Page, files: TestFile[]) {
  const picker = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach files" }).click();
  await (await picker).setFiles(files);
}

/** Sends the events of a drag or a paste, as far as a test can: the data is made in the page. */
async function give(page: Page, kinds: string[], files: TestFile[], selector = "body") {
  const data = await page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    for (const { name, mimeType, base64 } of all) transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type: mimeType }));
    return transfer;
  }, files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toString("base64") })));
  for (const kind of kinds) {
    await page.locator(selector).evaluate((element, { kind, data }) => {
      const options = { bubbles: true, cancelable: true };
      const event = kind === "paste" ? new ClipboardEvent(kind, { ...options, clipboardData: data }) : new DragEvent(kind, { ...options, dataTransfer: data });
      element.dispatchEvent(event);
    }, { kind, data });
  }
}

describe.each(["light", "dark"] as const)("attached files (%s)", (theme) => {
  test("are chosen, previewed, opened, sent and shown in the transcript", async () => {
    const { page, context, pageErrors } = await open(chromium, { theme, speed: 10, size: { width: 900, height: 600 } });
    await box(page).waitFor();
    await expectAccessible(page);
    await choose(page, [PHOTO, NOTES, COURSE]);
    await page.getByRole("status").getByText("3 files are attached.").waitFor();
    await waitForFocus(box(page));
    await chips(page).getByText("Picture, 320 × 200").waitFor();
    await chips(page).getByText("PDF, 3 pages").waitFor();
    await chips(page).locator("img").waitFor();
    await page.getByText("Up to 5 files with 21 MB together").waitFor();
    await expectAccessible(page);
    expect(await cutOff(page)).toEqual([]);
    await screenshot(page, `attachments-draft-${theme}`);

    await chips(page).getByRole("button", { name: /^notes\.md/ }).click();
    const dialog = page.getByRole("dialog", { name: "notes.md" });
    await dialog.getByText("taken over").waitFor();
    await expectAccessible(page);
    await screenshot(page, `attachments-text-${theme}`);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await page.title()).not.toBe("taken over");

    await box(page).fill("What do you think of these?");
    await page.keyboard.press("Enter");
    await chips(page).first().waitFor({ state: "detached" });
    const sent = lastSent(page);
    await expect.poll(() => sent.getByRole("listitem").count()).toBe(3);
    await sent.locator("img").waitFor();
    await page.getByText("tell me what you are working on", { exact: false }).last().waitFor();
    await expectAccessible(page);
    await screenshot(page, `attachments-sent-${theme}`);
    const thumbnail = sent.getByRole("button", { name: /^plan of the garden\.png/ });
    await thumbnail.click();
    const larger = page.getByRole("dialog", { name: "plan of the garden.png" });
    await larger.getByRole("img", { name: "plan of the garden.png" }).waitFor();
    await expectAccessible(page);
    await screenshot(page, `attachments-viewer-${theme}`);
    await page.keyboard.press("Escape");
    await waitForFocus(thumbnail);
    expect(pageErrors).toEqual([]);
    await context.close();
  });

  test("are dropped with a cue that tells the limits, and what cannot be attached is refused in words", async () => {
    const { page, context, pageErrors } = await open(chromium, { theme, size: { width: 1600, height: 1000 } });
    await box(page).waitFor();
    await page.getByRole("button", { name: "Attach files" }).waitFor();
    const cue = page.locator("[data-drop-cue]");
    await give(page, ["dragenter", "dragover"], [PHOTO], "main");
    await cue.getByText("Drop to attach").waitFor();
    await cue.getByText("pictures (JPEG, PNG, GIF, WebP) up to 5.2 MB").waitFor();
    await expectAccessible(page);
    await screenshot(page, `attachments-drop-${theme}`);
    await give(page, ["dragleave"], [PHOTO], "main");
    await cue.waitFor({ state: "detached" });

    const large = { ...picture("huge.png", 2, 2), buffer: Buffer.alloc(5_300_000, 1) };
    await give(page, ["dragenter", "dragover", "drop"], [PHOTO, ARCHIVE, large, { ...NOTES, name: "empty.txt", buffer: Buffer.alloc(0) }], "main");
    await cue.waitFor({ state: "detached" });
    await page.getByRole("alert").getByText('"all.zip" is an archive or an office document, which cannot be attached. Save it as PDF or as text, and attach that.').waitFor();
    await page.getByRole("alert").getByText("huge.png has 5.3 MB; at most 5.2 MB are possible.").waitFor();
    await page.getByRole("alert").getByText("empty.txt is empty.").waitFor();
    expect(await chips(page).count()).toBe(1);
    await expectAccessible(page);
    await screenshot(page, `attachments-refused-${theme}`);
    await page.getByRole("button", { name: "Close notice" }).click();
    await waitForFocus(box(page));
    expect(await page.getByText("empty.txt is empty.").count()).toBe(0);
    await give(page, ["drop"], [ARCHIVE], "main");
    const refusal = page.getByRole("alert").getByText("which cannot be attached");
    await refusal.waitFor();
    await sendButton(page).click();
    await refusal.waitFor({ state: "detached" });
    expect(pageErrors).toEqual([]);
    await context.close();
  });

  test("that failed are tried again, and hold the message until then", async () => {
    const { page, context } = await open(chromium, { theme, fail: "ask:attach", size: { width: 900, height: 600 } });
    await box(page).fill("Read this");
    await choose(page, [NOTES]);
    await chips(page).getByRole("alert").getByText("The database cannot be read.").waitFor();
    await page.getByText("A file is not attached. Try again or remove it").waitFor();
    await box(page).press("Enter");
    expect(await sendButton(page).isDisabled()).toBe(true);
    expect(await box(page).inputValue()).toBe("Read this");
    await expectAccessible(page);
    expect(await cutOff(page)).toEqual([]);
    await screenshot(page, `attachments-failed-${theme}`);
    await repair(page);
    await chips(page).getByRole("button", { name: "Try again" }).click();
    await chips(page).getByRole("button", { name: /^notes\.md/ }).waitFor();
    await box(page).press("Enter");
    await lastSent(page).getByText("notes.md").waitFor();
    await context.close();
  });

  test("whose content is missing say so", async () => {
    const { page, context } = await open(chromium, { theme, speed: 10 });
    await box(page).waitFor();
    await choose(page, [PHOTO, COURSE]);
    await chips(page).nth(1).waitFor();
    await page.evaluate(() => void dispatchEvent(new Event("fake-lose-files")));
    await page.reload();
    await page.getByText("The content of this file is missing.").nth(1).waitFor();
    expect(await chips(page).count()).toBe(2);
    await screenshot(page, `attachments-lost-draft-${theme}`);
    for (const name of [PHOTO.name, COURSE.name]) await page.getByRole("button", { name: `Remove ${name}` }).click();
    await choose(page, [picture("second.png", 200, 300)]);
    await page.getByRole("button", { name: "Remove second.png" }).waitFor();
    await box(page).press("Enter");
    await lastSent(page).locator("img").waitFor();
    await page.evaluate(() => void dispatchEvent(new Event("fake-lose-files")));
    await page.reload();
    await lastSent(page).getByText("The content of this file is missing.").waitFor();
    await lastSent(page).getByRole("button", { name: /^second\.png/ }).click();
    await page.getByRole("dialog").getByText("an older backup was restored").waitFor();
    await expectAccessible(page);
    await screenshot(page, `attachments-missing-${theme}`);
    await context.close();
  });
});

test("a pasted picture is attached, a pasted text is not; a draft keeps its files over a restart", async () => {
  const { page, context } = await open(chromium, { speed: 6 });
  await page.getByRole("button", { name: "Attach files" }).waitFor();
  await box(page).fill("Look at this");
  await give(page, ["paste"], [picture("image.png", 64, 48)], "[data-composer]");
  await chips(page).getByRole("button", { name: /^image\.png/ }).waitFor();
  expect(await box(page).inputValue()).toBe("Look at this");
  await page.reload();
  await chips(page).getByRole("button", { name: /^image\.png/ }).waitFor();
  await chips(page).locator("img").waitFor();
  expect(await box(page).inputValue()).toBe("Look at this");
  await box(page).press("Enter");
  await lastSent(page).locator("img").waitFor();
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("files:")))).toEqual([]);
  await context.close();
});

test("each file is removed by keyboard, and the focus goes on; files alone are a message", async () => {
  const { page, context } = await open(chromium, { speed: 6 });
  await box(page).waitFor();
  await choose(page, [PHOTO, NOTES, COURSE]);
  await chips(page).nth(2).waitFor();
  await page.getByRole("button", { name: "Remove notes.md" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("status").getByText("notes.md is removed.").waitFor();
  await waitForFocus(page.getByRole("button", { name: "Remove course.pdf" }));
  await page.keyboard.press("Delete");
  await waitForFocus(page.getByRole("button", { name: `Remove ${PHOTO.name}` }));
  expect(await chips(page).count()).toBe(1);
  await box(page).press("Enter");
  await lastSent(page).locator("img").waitFor();
  await choose(page, [NOTES]);
  await page.getByRole("button", { name: "Remove notes.md" }).press("Backspace");
  await waitForFocus(box(page));
  expect(await sendButton(page).isDisabled()).toBe(true);
  await context.close();
});

test("a message that fails to be sent keeps its files", async () => {
  const { page, context } = await open(chromium, { speed: 6, fail: "ask:say" });
  await box(page).fill("Read this");
  await choose(page, [NOTES]);
  await page.getByRole("button", { name: "Remove notes.md" }).waitFor();
  await box(page).press("Enter");
  await page.getByText("The database cannot be read.").waitFor();
  await page.getByRole("button", { name: "Remove notes.md" }).waitFor();
  expect(await box(page).inputValue()).toBe("Read this");
  await repair(page);
  await box(page).press("Enter");
  await lastSent(page).getByText("notes.md").waitFor();
  await context.close();
});

test("what the model does not read is told before sending", async () => {
  const guide = await open(chromium, { world: "empty" });
  await guide.page.getByRole("button", { name: "Start with the guide" }).click();
  await guide.page.getByRole("button", { name: "Attach files" }).click();
  await guide.page.getByRole("alert").getByText("The built-in guide reads no files. Choose a model to attach them.").waitFor();
  await expectAccessible(guide.page);
  await guide.context.close();

  const { page, context } = await open(chromium, {});
  await box(page).fill("Read this");
  await choose(page, [PHOTO]);
  await page.getByRole("button", { name: `Remove ${PHOTO.name}` }).waitFor();
  await page.keyboard.press("Control+4");
  await page.getByLabel("Model", { exact: true }).selectOption({ label: "qwen3:8b" });
  await page.waitForFunction(() => document.querySelector("select")?.value.startsWith("openai/qwen3:8b@"));
  await page.keyboard.press("Control+1");
  await chips(page).getByText(/reads no pictures\. Choose another model/).waitFor();
  expect(await sendButton(page).isDisabled()).toBe(true);
  await expectAccessible(page);
  await screenshot(page, "attachments-unread");
  await page.getByRole("button", { name: `Remove ${PHOTO.name}` }).click();
  await page.waitForFunction(() => !document.querySelector<HTMLButtonElement>("button[aria-label=Send]")?.disabled);
  await context.close();
});

test("an opened file stays open while its message leaves the view", async () => {
  const { page, context } = await open(chromium, { world: "long", speed: 28 });
  await page.getByText("Message number 4999").waitFor({ timeout: 30_000 });
  await choose(page, [NOTES]);
  await chips(page).getByText("notes.md").waitFor();
  await page.keyboard.press("Enter");
  await lastSent(page).getByRole("button", { name: /^notes\.md/ }).click();
  const dialog = page.getByRole("dialog", { name: "notes.md" });
  await dialog.getByText("taken over").waitFor();
  await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/CopyRows-")));
  await page.waitForFunction(
    () => {
      const log = document.querySelector("[role=log]");
      if (log) log.scrollTop = 0;
      return log?.textContent?.includes("Message number 4999") === false;
    },
    undefined,
    { polling: "raf", timeout: 30_000 },
  );
  expect(await dialog.isVisible()).toBe(true);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await context.close();
});

test("a message that is written anew keeps its files or loses them", async () => {
  const { page, context } = await open(chromium, { speed: 20 });
  await box(page).fill("Judge these");
  await choose(page, [PHOTO, NOTES]);
  await chips(page).nth(1).waitFor();
  await box(page).press("Enter");
  await page.getByText("Good to hear from you.").last().waitFor();
  await page.getByText("Judge these", { exact: true }).hover();
  await page.getByRole("button", { name: "Edit and send again" }).last().click();
  const editor = page.getByRole("textbox", { name: "Write your message anew" });
  await editor.fill("Look");
  await page.getByRole("button", { name: "Remove notes.md" }).click();
  await page.getByRole("button", { name: "Keep all files" }).click();
  await page.getByRole("button", { name: `Remove ${PHOTO.name}` }).click();
  await expectAccessible(page);
  await screenshot(page, "attachments-again");
  await page.getByRole("button", { name: "Send again", exact: true }).click();
  await editor.waitFor({ state: "detached" });
  await page.getByText("Look", { exact: true }).waitFor();
  expect(await lastSent(page).getByRole("listitem").allInnerTexts()).toEqual([expect.stringContaining("notes.md")]);
  await context.close();
});

test("the quick chat attaches files too, with large text and from right to left", async () => {
  const { page, context, pageErrors } = await open(chromium, { file: "quick.html", size: { width: 420, height: 600 }, speed: 6 });
  await box(page).waitFor();
  await page.evaluate(() => {
    document.documentElement.dir = "rtl";
    document.documentElement.style.setProperty("--text-size", "30px");
  });
  await choose(page, [PHOTO, NOTES]);
  await chips(page).nth(1).waitFor();
  await expectAccessible(page);
  // With text of 200 % in so narrow a window, the header is cut off with and without files.
  expect((await cutOff(page)).filter((name) => /^(Attach|Remove|Send)|png|notes/.test(name))).toEqual([]);
  await screenshot(page, "attachments-quick-large");
  await box(page).press("Enter");
  await lastSent(page).locator("img").waitFor();
  await screenshot(page, "attachments-quick-sent");
  expect(pageErrors).toEqual([]);
  await context.close();
});

test.each([["de", "Dateien anhängen"], ["hi", "फ़ाइलें संलग्न करें"]])("the words are in the chosen language (%s)", async (choice, label) => {
  const { page, context } = await open(chromium, { at: "#/settings?at=appearance" });
  await page.getByRole("combobox", { name: "Language" }).selectOption(choice);
  await page.waitForFunction((value) => document.documentElement.lang.startsWith(value), choice);
  await page.keyboard.press("Control+1");
  await page.getByRole("button", { name: label }).waitFor();
  await give(page, ["dragenter", "dragover"], [PHOTO], "main");
  await page.locator("[data-drop-cue]").waitFor();
  await screenshot(page, `attachments-${choice}`);
  await context.close();
});

test("a file that is dropped where nothing takes it changes nothing", async () => {
  const { page, context } = await open(chromium, { at: "#/settings" });
  await page.getByRole("region", { name: "Settings", exact: true }).waitFor();
  const isPrevented = await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "a.txt"));
    return !document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
  });
  expect(isPrevented).toBe(true);
  await context.close();
});
