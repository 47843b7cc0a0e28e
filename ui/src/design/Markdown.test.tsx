import { render, screen } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import { blocks } from "./blocks";
import { LinkProvider } from "./links";
import { Markdown } from "./Markdown";

describe("untrusted Markdown", () => {
  test("runs no script and loads no remote image", () => {
    const { container } = render(<Markdown text={'<img src=x onerror="alert(1)"> <script>alert(1)</script> ![cat](https://example.org/cat.png) [x](javascript:alert(1))'} />);
    expect(container.querySelector("script, img, iframe, a[href]")).toBeNull();
    expect(container.textContent).toContain("[image: cat]");
  });

  test("opens pages, and asks before it opens external links", () => {
    const onPage = vi.fn();
    const onLink = vi.fn();
    render(
      <LinkProvider value={onLink}>
        <Markdown text="[goals](goals/README.md), [site](https://example.org) and [trap](javascript:alert(1))" onPage={onPage} />
      </LinkProvider>,
    );
    for (const name of ["goals", "site"]) screen.getByRole("link", { name }).click();
    expect(onPage.mock.calls).toEqual([["goals/README.md"]]);
    expect(onLink.mock.calls).toEqual([["https://example.org"]]);
    expect(screen.queryByRole("link", { name: "trap" })).toBeNull();
  });

  test("marks only the innermost block that contains a line", () => {
    const text = "# Title\n\nOne\ntwo\n\n- a\n  - b\n- c\n\n| x |\n|---|\n| y |\n\n```\ncode\n```\n";
    const { container, rerender } = render(<Markdown text={text} />);
    const marked = (line: number) => {
      rerender(<Markdown text={text} line={line} />);
      return [...container.querySelectorAll("[data-marked]")].map((one) => one.textContent?.trim());
    };
    expect(container.querySelector("[data-marked]")).toBeNull();
    expect([1, 4, 7, 8, 12, 15].map(marked)).toEqual([["Title"], ["One\ntwo"], ["b"], ["c"], ["y"], ["code"]]);
    expect(document.activeElement?.textContent?.trim()).toBe("code");
  });

  test("renders tables and code", () => {
    const { container } = render(<Markdown text={"| a | b |\n|---|---|\n| 1 | 2 |\n\n```rust\nfn main() {}\n```"} />);
    expect(container.querySelectorAll("td")).toHaveLength(2);
    expect(container.querySelector("pre code")?.textContent).toContain("fn main");
  });

  test("shows a streamed heading only once its words arrive", () => {
    const { container, rerender } = render(<Markdown text={"Words\n\n### "} streaming />);
    expect(container.querySelector("h3")).toBeNull();
    rerender(<Markdown text={"Words\n\n### Next"} streaming />);
    expect(container.querySelector("h3")?.textContent).toBe("Next");
  });

  test("renders task lists, strikethrough, footnotes and bare addresses", () => {
    const { container } = render(<Markdown text={"- [x] done\n- [ ] open\n\n~~gone~~ www.example.org and a note[^1]\n\n[^1]: Said below."} />);
    expect(screen.getAllByRole<HTMLInputElement>("checkbox", { name: "Done" }).map((box) => box.checked)).toEqual([true, false]);
    expect(container.querySelector("del")?.textContent).toBe("gone");
    expect(screen.getByRole("link", { name: "www.example.org" }).title).toBe("http://www.example.org");
    expect(container.querySelector("[data-footnotes]")?.textContent).toContain("Said below.");
  });
});

describe("blocks of Markdown", () => {
  test("join to the whole text", () => {
    const text = "# A\n\nwords\n\n- one\n\n- two\n\n  more\n\n```\na\n\nb\n```\n\nend";
    expect(blocks(text).join("\n")).toBe(text);
  });

  test("never split a list, a fence or indented text", () => {
    expect(blocks("- one\n\n- two\n\n  more\n\nafter")).toHaveLength(2);
    expect(blocks("```\na\n\nb\n```\n\nafter")).toHaveLength(2);
    expect(blocks("````\n```\n\n```\n````\n\nafter")).toHaveLength(2);
    expect(blocks("~~~\nopen\n\nstill open")).toHaveLength(1);
  });

  test("stay the same while the text grows, except the last", () => {
    const text = "first\n\nsecond\n\n```rust\nlet a = 1;\n\nlet b = 2;\n```\n\nthird";
    let before: string[] = [];
    for (let end = 1; end <= text.length; end += 1) {
      const now = blocks(text.slice(0, end));
      before.slice(0, -1).forEach((part, index) => expect(now[index]?.trim()).toBe(part.trim()));
      before = now;
    }
  });

  test("are a single block if the text has reference definitions", () => {
    expect(blocks("see [a]\n\n[a]: b.md")).toHaveLength(1);
  });
});
