import { expect, test } from "vitest";
import { ignoreStrayDrops } from "./strayDrops";

function drag(kind: string, types: string[]) {
  const event = Object.assign(new Event(kind, { bubbles: true, cancelable: true }), { dataTransfer: { types, dropEffect: "copy" } });
  document.body.dispatchEvent(event);
  return event;
}

test("a file dropped beside the chat does not replace the page, and a dragged text is left to its field", () => {
  ignoreStrayDrops();
  const over = drag("dragover", ["Files"]);
  expect([over.defaultPrevented, over.dataTransfer.dropEffect]).toEqual([true, "none"]);
  expect(drag("drop", ["Files"]).defaultPrevented).toBe(true);
  expect(drag("drop", ["text/plain"]).defaultPrevented).toBe(false);
});

test("a view that takes the files keeps them", () => {
  const take = (event: Event) => event.preventDefault();
  document.body.addEventListener("dragover", take);
  const over = drag("dragover", ["Files"]);
  document.body.removeEventListener("dragover", take);
  expect(over.dataTransfer.dropEffect).toBe("copy");
});
