/** Rendered Markdown shows every word of its source. */
import { render, screen } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { Markdown } from "./Markdown";

/** The rendered text in one line, with a space at each line break and cell border. */
function shown(text: string, streaming = false): string {
  const { container, unmount } = render(<Markdown text={text} streaming={streaming} />);
  expect(container.querySelector("script, iframe, style, object, form, a[href]")).toBeNull();
  for (const one of container.querySelectorAll("br, p, td, li")) one.append(" ");
  for (const one of container.querySelectorAll("br")) one.replaceWith(" ");
  const words = container.textContent ?? "";
  unmount();
  return words.replace(/\s+/g, " ").trim();
}

const html = (text: string) => render(<Markdown text={text} />).container;

describe("tags", () => {
  test.each([
    "a Vec<String> of names; a Result<Option<u8>, Error> is fine",
    "if a<b and c>d then",
    "<path-of-the-page> is first in its line",
    "<think> A thought. </think>",
    "<div class=\"x\"> kept </div>",
    "<!-- a remark --> and <?php echo ?> and <![CDATA[ data ]]> and <!DOCTYPE html>",
    "<script>alert(1)</script> and <img src=x onerror=alert(1)> and <style>p {}</style>",
    "<b onclick=\"x()\">not bold</b> and </b> alone and <b> open",
  ])("%j is shown unchanged", (text) => {
    expect(shown(text)).toBe(text);
  });

  test("a paragraph that begins with a tag keeps its words and its Markdown", () => {
    const container = html("<answer>\nwith **bold** words\n</answer>\n\n# After");
    expect(container.textContent).toContain("<answer>");
    expect(container.querySelector("strong")?.textContent).toBe("bold");
    expect(container.querySelector("h1")?.textContent).toBe("After");
  });

  test("a line breaks at <br>, in tables too", () => {
    const container = html("one<br>two<BR/>three\n\n| a |\n|---|\n| 10<br />20 |");
    expect(container.querySelectorAll("p br")).toHaveLength(2);
    expect(container.querySelectorAll("td br")).toHaveLength(1);
    expect(shown("| a |\n|---|\n| 10<br>20 |")).toContain("10 20");
  });

  test("<kbd>, <sub>, <b> and similar tags work in pairs, also nested", () => {
    const container = html("Press <kbd>Ctrl</kbd>+<kbd>**K**</kbd>. H<sub>2</sub>O, <b>bold <i>both</i></b>");
    expect([...container.querySelectorAll("kbd, sub, b, i")].map((one) => one.textContent)).toEqual(["Ctrl", "K", "2", "bold both", "both"]);
  });

  test("<details> folds its content, also nested", () => {
    const container = html("<details><summary>Why **so**</summary>\n\nThe reason.\n\n- a\n\n<details>\n<summary>More</summary>\n\ndeep\n</details>\n\n</details>\n\nafter");
    const [outer, inner] = container.querySelectorAll("details");
    expect(outer?.querySelector("summary")?.textContent).toBe("Why so");
    expect(outer?.textContent).toContain("The reason.");
    expect(inner?.querySelector("summary")?.textContent).toBe("More");
    expect(outer?.textContent).not.toContain("after");
    expect(outer?.contains(inner ?? null)).toBe(true);
    expect(shown("<details> and <summary>never closed")).toBe("<details> and <summary>never closed");
  });

  test("no word of a random answer vanishes", () => {
    for (let seed = 1; seed <= 120; seed += 1) {
      const { text, words } = randomAnswer(seed);
      const whole = shown(text);
      const streamed = shown(`${text}\n\nend`, true);
      for (const word of words) {
        expect(whole, `seed ${seed}: ${JSON.stringify(text)}`).toContain(word);
        expect(streamed, `seed ${seed}, streaming: ${JSON.stringify(text)}`).toContain(word);
      }
    }
  }, 60_000);

  test("an unused definition is shown as text", () => {
    expect(shown("[note]: like-this\n\n[^1]: Said below.\n\n[a]: b.md\n\n[see][a]")).toBe("[note]: like-this [^1]: Said below. see");
  });
});

describe("Chinese, Japanese and Korean", () => {
  test.each([
    ["**注意：**请先保存。**「目标」**是本页的标题。", ["注意：", "「目标」"]],
    ["これは**Markdown（マークダウン）**です", ["Markdown（マークダウン）"]],
    ["값은 **약 3~4시간**입니다. **한국어(Korean)**는", ["약 3~4시간", "한국어(Korean)"]],
    ["他说**“你好”**。然后**`code`**结束", ["“你好”", "code"]],
    ["**Done!**👍 and **plain** bold", ["Done!", "plain"]],
  ])("%s is bold", (text, bold) => {
    const container = html(text);
    expect([...container.querySelectorAll("strong")].map((one) => one.textContent)).toEqual(bold);
    expect(container.textContent).not.toContain("*");
  });

  test("a single star or tilde beside them is no markup", () => {
    for (const text of ["文件*.md和*.txt", "大约需要3~5天，价格100~200元，人数10~20人。", "범위는 1~2, 5~6입니다.", "~/notes and ~/work"]) {
      const container = html(text);
      expect(container.textContent).toBe(text);
      expect(container.querySelector("del, em")).toBeNull();
    }
    expect(html("已~~删除（旧）~~的").querySelector("del")?.textContent).toBe("删除（旧）");
  });

  test.each([
    ["详见 https://example.org/guide。然后**继续**。", "https://example.org/guide"],
    ["请看https://example.org/a?b=c，或", "https://example.org/a?b=c"],
    ["https://example.org에서 확인", "https://example.org"],
    ["https://example.org/guide.htmlを参照", "https://example.org/guide.html"],
    ["https://example.org/を参照", "https://example.org/"],
    ["网址：www.example.org。然后", "http://www.example.org"],
    ["https://例え.jp/guide。次", "https://例え.jp/guide"],
    ["邮箱someone@example.org。", "mailto:someone@example.org"],
    ["(https://example.org/a_(b)). Then", "https://example.org/a_(b)"],
  ])("%s: the address ends before the text behind it", (text, address) => {
    const container = html(text);
    const title = screen.getByRole("link").title;
    expect(decodeURI(title)).toBe(address);
    expect(container.textContent).toBe(text.replaceAll("**", ""));
  });

  test("a line end adds no space in Chinese and Japanese, but one in Korean and English", () => {
    expect(shown("今天是\n星期一，**很好**\n。")).toBe("今天是星期一，很好。");
    expect(shown("오늘은\n월요일 two\nwords")).toBe("오늘은 월요일 two words");
  });
});

test("paragraphs, lists and cells take their direction from their first letter; code is isolated", () => {
  const container = html("שלום world\n\n- אחד\n- two\n\n> ציטוט\n\n| א | b |\n|---|---|\n| ג | d |\n\nקוד `a.b()` כאן");
  expect([...container.querySelectorAll("[dir=auto]")].map((one) => one.tagName)).toEqual(["P", "UL", "BLOCKQUOTE", "TH", "TH", "TD", "TD", "P"]);
  expect(container.querySelector("code bdi")?.textContent).toBe("a.b()");
});

test("no heading, list item, table header or link is empty, neither while streaming nor afterwards", () => {
  for (const text of ["#", "## ", "- # ", "> ##", "| | b |\n|---|---|\n| 1 | 2 |", "[](notes/a.md)"]) {
    const container = html(text);
    for (const one of container.querySelectorAll("h1, h2, h3, th, [role=link]")) expect(one.textContent, text).not.toBe("");
  }
  const answer = "Words:\n- one\n\n## Next\n\n> ### Quoted\n\n1. first\n\n- # In a list\n\n```\n# code\n```\n";
  for (let end = 1; end <= answer.length; end += 1) {
    const { container, unmount } = render(<Markdown text={answer.slice(0, end)} streaming />);
    for (const one of container.querySelectorAll("h1, h2, h3, li")) expect(one.textContent?.trim(), answer.slice(0, end)).not.toBe("");
    expect(container.querySelector("h2")?.textContent ?? "", answer.slice(0, end)).not.toContain("Words");
    unmount();
  }
});

/** A random answer full of angle brackets, and the words in it. */
function randomAnswer(seed: number): { text: string; words: string[] } {
  let state = seed * 2_654_435_761;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const words: string[] = [];
  const word = () => {
    words.push(`w${words.length}x`);
    return words.at(-1) ?? "";
  };
  const shapes: Array<() => string> = [
    () => word(),
    () => `<${word()}>`,
    () => `</${word()}>`,
    () => `${word()}<${word()}>`,
    () => `${word()}<${word()}<${word()}>, ${word()}>`,
    () => `${word()} < ${word()}`,
    () => `<${word()}`,
    () => `${word()}>`,
    () => `<!-- ${word()} -->`,
    () => `<div ${word()}="${word()}">`,
    () => `<script>${word()}</script>`,
    () => `<kbd>${word()}</kbd>`,
    () => `<b>${word()}`,
    () => `${word()}<br>${word()}`,
    () => `<details><summary>${word()}</summary>`,
    () => "</details>",
    () => `\`<${word()}>\``,
    () => `**${word()}<${word()}>**`,
    () => `| ${word()} | <${word()}> |`,
    () => `<https://example.org/${word()}>`,
    () => `<${word()}@example.org>`,
    () => `<?${word()} ?>`,
    () => `<![CDATA[${word()}]]>`,
    () => `<!${word()}>`,
  ];
  const parted = [" ", " ", " ", "\n", "\n\n", "\n- ", "\n> ", "\n\n    ", "\n# ", ""];
  let text = "";
  for (let count = 2 + next(12); count > 0; count -= 1) text += `${shapes[next(shapes.length)]?.() ?? ""}${parted[next(parted.length)] ?? ""}`;
  return { text, words };
}
