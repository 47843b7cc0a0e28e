import { act, fireEvent, render, screen } from "@testing-library/react";
import { Component, type ReactNode } from "react";
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

class Boundary extends Component<{ children: ReactNode }> {
  override state = { hasFailed: false };
  static getDerivedStateFromError = () => ({ hasFailed: true });
  override render() {
    return this.state.hasFailed ? <button type="button" onClick={() => this.setState({ hasFailed: false })}>Try again</button> : this.props.children;
  }
}

test("a part that could not be loaded is loaded again when it is tried again", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const load = vi.fn().mockRejectedValueOnce(new Error("no such file")).mockResolvedValueOnce("loaded");
  const part = later<string>(load);
  render(
    <Boundary>
      <Shown part={part} />
    </Boundary>,
  );
  const again = await screen.findByText("Try again");
  expect(load).toHaveBeenCalledTimes(1);
  await new Promise((done) => setTimeout(done, 5));
  fireEvent.click(again);
  await screen.findByText("loaded");
  expect(load).toHaveBeenCalledTimes(2);
  vi.restoreAllMocks();
});
