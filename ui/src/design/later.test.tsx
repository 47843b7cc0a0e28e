import { act, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { later, useLater } from "./later";

function Shown({ part }: { part: ReturnType<typeof later<string>> }) {
  return <p>{useLater(part) ?? "not yet"}</p>;
}

test("a part is loaded once, and from then on it is rendered at once", async () => {
  const load = vi.fn(async () => "loaded");
  const part = later(load);
  const first = render(<Shown part={part} />);
  expect(screen.getByText("not yet")).toBeDefined();
  await screen.findByText("loaded");
  first.unmount();
  render(<Shown part={part} />);
  expect(screen.getByText("loaded")).toBeDefined();
  expect(load).toHaveBeenCalledTimes(1);
});

test("it can be loaded before it is shown", async () => {
  const part = later(async () => "loaded");
  part.load();
  await act(async () => {});
  render(<Shown part={part} />);
  expect(screen.getByText("loaded")).toBeDefined();
});
