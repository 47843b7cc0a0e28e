import { readFileSync } from "node:fs";
import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { WindowSkeleton } from "./WindowSkeleton";

test("index.html contains exactly the markup that the skeleton renders", () => {
  const page = new DOMParser().parseFromString(readFileSync("index.html", "utf8"), "text/html");
  const { container } = render(<WindowSkeleton />);
  expect(page.querySelector("#root")?.innerHTML).toBe(container.innerHTML);
});
