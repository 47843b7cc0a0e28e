import { act, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { type Attachment, type DroppedFile, type Host, HostError, type Request } from "../../bridge";
import { DataProvider, newClient } from "../../data/context";
import { Drafts } from "../../data/drafts";
import { GROW, Journals } from "../../data/journals";
import { Attach } from "./Attach";
import { draftLine } from "./files";

const LIMITS = { kinds: ["text", "image", "pdf"], max_bytes: 1_000, max_image_bytes: 500, max_text_bytes: 200, max_files: 5, model: "claude" };
const file = (letter: string): Attachment => ({ hash: letter.repeat(64), name: `${letter}.md`, kind: "text", media_type: "text/markdown", bytes: 12 });

/** `missing`: the hashes whose content the host has removed. `dropped`: what the shell has read of dropped files. */
function show(files: Attachment[], missing: string[] = [], dropped: DroppedFile[] = []) {
  const call = async (name: string, { request }: { request?: Request }) => {
    if (name === "take_dropped") return dropped.splice(0);
    if (request?.op === "attach") return { attached: { attachment: { ...file("c"), name: request.name } } };
    if (request?.op === "attachment_limits") return { attachment_limits: { limits: LIMITS } };
    if (request?.op !== "attachment") return { profile: "local" };
    if (missing.includes(request.hash)) throw new HostError({ code: "not_found", message: "the content of this file is missing", retryable: false, next_step: null });
    return { attachment: { content_base64: "" } };
  };
  const listeners = new Map<string, () => void>();
  const host = { call, on: async (event: string, listener: () => void) => void listeners.set(event, listener) } as unknown as Host;
  const drafts = new Drafts(host);
  drafts.set("files", GROW, files.map(draftLine).join("\n"));
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  const held = vi.fn();
  const view = render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={drafts}>
      <Attach onHold={held} />
      <textarea data-composer />
    </DataProvider>,
  );
  return { held, drafts, container: view.container, shell: (event: string) => act(async () => listeners.get(event)?.()) };
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

test("files that the shell has read for the page are attached, and what is none or too large is refused", async () => {
  const dropped: DroppedFile[] = [
    { name: "notes.txt", is_folder: false, bytes: 3, content: btoa("tea"), problem: null },
    { name: "photos", is_folder: true, bytes: 4_096, content: null, problem: null },
    { name: "film.txt", is_folder: false, bytes: 9_000, content: null, problem: null },
    { name: "pipe", is_folder: false, bytes: 0, content: null, problem: "pipe is not a regular file and cannot be attached." },
    // Small enough by itself, but the shell had no room for it.
    { name: "last.txt", is_folder: false, bytes: 5, content: null, problem: null },
  ];
  const { shell } = show([], [], dropped);
  await screen.findByTitle(/Up to 5 files/);
  await shell("files-dragged");
  expect(document.querySelector("[data-drop-cue]")).not.toBeNull();
  await shell("files-left");
  expect(document.querySelector("[data-drop-cue]")).toBeNull();
  await shell("files-dragged");
  await shell("files-dropped");
  await screen.findByText("notes.txt");
  expect(document.querySelector("[data-drop-cue]")).toBeNull();
  const refused = [...screen.getByRole("alert").querySelectorAll("p")].map((line) => line.textContent);
  expect(refused).toEqual(["photos is a folder. Attach the files in it.", expect.stringContaining("film.txt has 9"), "pipe is not a regular file and cannot be attached.", expect.stringMatching(/^last.txt is not attached: the files of a message can have /)]);
  expect(screen.queryByRole("button", { name: /last.txt/ })).toBeNull();
});
