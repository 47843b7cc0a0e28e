import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Block } from "../bridge";
import { LinkProvider } from "../design/links";
import { AnswerWeb } from "./AnswerWeb";

const cited = (url: string, title: string | null) => ({ type: "text", text: "x", citations: [{ type: "web_search_result_location", url, title, cited_text: "x" }] });
const blocks = [
  { type: "server_tool_use", id: "s", name: "web_search", input: { query: "green\u202e tea" } },
  { type: "web_search_tool_result", tool_use_id: "s", content: [] },
  cited("https://tea.example/green", "Green\u202e tea"),
  cited("https://tea.example/green", "the same page"),
  cited("http://other.example/a", null),
  cited("javascript:alert(1)", "Run"),
  cited("https://me@evil.example/", "Trap"),
] as unknown as Block[];

test("an answer shows what it searched for, and each page that it cites once, as a link that asks", () => {
  const opened: string[] = [];
  render(
    <LinkProvider value={(address) => opened.push(address)}>
      <AnswerWeb blocks={blocks} />
    </LinkProvider>,
  );
  expect(screen.getByText("Searched the web: green⟨U+202E⟩ tea")).toBeTruthy();
  const list = screen.getByRole("list", { name: "Sources" });
  expect([...list.children].map((row) => row.textContent)).toEqual(["Green⟨U+202E⟩ tea tea.example", "http://other.example/a other.example"]);
  fireEvent.click(screen.getByRole("link", { name: /Green/ }));
  expect(opened).toEqual(["https://tea.example/green"]);
});

test("an answer that only searches has no empty list", () => {
  render(<AnswerWeb blocks={blocks.slice(0, 2)} />);
  expect(screen.queryByRole("list")).toBeNull();
});
