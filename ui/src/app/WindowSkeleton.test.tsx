import { readFileSync } from "node:fs";
import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { WindowSkeleton } from "./WindowSkeleton";

test("what is seen before the scripts run is what they show first", () => {
  const page = new DOMParser().parseFromString(readFileSync("index.html", "utf8"), "text/html");
  const { container } = render(<WindowSkeleton />);
  expect(page.querySelector("#root")?.innerHTML).toBe(container.innerHTML);
});
