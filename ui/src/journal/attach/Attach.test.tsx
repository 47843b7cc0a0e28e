import { act, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { type Attachment, type Host, HostError, type Request } from "../../bridge";
import { DataProvider, newClient } from "../../data/context";
import { Drafts } from "../../data/drafts";
import { GROW, Journals } from "../../data/journals";
import { Attach } from "./Attach";
import { draftLine } from "./files";

const LIMITS = { kinds: ["text", "image", "pdf"], max_bytes: 1_000, max_image_bytes: 500, max_text_bytes: 200, max_files: 5, model: "claude" };
const file = (letter: string): Attachment => ({ hash: letter.repeat(64), name: `${letter}.md`, kind: "text", media_type: "text/markdown", bytes: 12 });

/** `missing`: the hashes whose content the host has removed. */
function show(files: Attachment[], missing: string[] = []) {
  const call = async (_name: string, { request }: { request?: Request }) => {
    if (request?.op === "attachment_limits") return { attachment_limits: { limits: LIMITS } };
    if (request?.op !== "attachment") return { profile: "local" };
    if (missing.includes(request.hash)) throw new HostError({ code: "not_found", message: "the content of this file is missing", retryable: false, next_step: null });
    return { attachment: { content_base64: "" } };
  };
  const host = { call } as unknown as Host;
  const drafts = new Drafts(host);
  drafts.set("files", GROW, files.map(draftLine).join("\n"));
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  const held = vi.fn();
  const view = render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={drafts}>
      <Attach onChange={() => {}} onHold={held} />
      <textarea data-composer />
    </DataProvider>,
  );
  return { held, drafts, container: view.container };
}

beforeEach(() => localStorage.clear());

test("a file that the host has removed since holds the message until it is removed", async () => {
  const { held, drafts } = show([file("a"), file("b")], [file("a").hash]);
  await screen.findByText("The content of this file is missing.");
  expect(held).toHaveBeenLastCalledWith(true);
  fireEvent.keyDown(screen.getByRole("textbox"), { key: "Enter" });
  expect(screen.getByRole("status").textContent).toMatch(/^The content of a file is missing\./);
  fireEvent.click(screen.getByRole("button", { name: "Remove a.md" }));
  expect(held).toHaveBeenLastCalledWith(false);
  // It can be attached again.
  act(() => drafts.set("files", GROW, [file("b"), file("a")].map(draftLine).join("\n")));
  expect(held).toHaveBeenLastCalledWith(false);
});

test("of many refusals, five are shown and the others counted", async () => {
  const { container } = show([]);
  await screen.findByTitle(/Up to 5 files/);
  const files = Array.from({ length: 8 }, (_, index) => new File([], `${index}.txt`));
  fireEvent.change(container.querySelector("input") as HTMLInputElement, { target: { files } });
  expect([...screen.getByRole("alert").querySelectorAll("p")].map((line) => line.textContent)).toEqual(["0.txt is empty.", "1.txt is empty.", "2.txt is empty.", "3.txt is empty.", "4.txt is empty.", "and 3 more files"]);
});
