import { expect, test } from "vitest";
import type { Attachment, AttachmentKind, AttachmentLimits } from "../../bridge";
import { attachmentsOf, draftLine, limitWords, sorted, unreadKind } from "./files";
import { fileWords } from "./fileWords";
import { pasted } from "./useGiven";
import { decoded } from "./Viewer";

const LIMITS: AttachmentLimits = { kinds: ["text", "image", "pdf"], max_bytes: 1_000, max_image_bytes: 500, max_text_bytes: 200, max_files: 2, model: "claude" };
const NONE = { files: 0, bytes: 0 };
const PICTURE: Attachment = { hash: "a".repeat(64), name: "a \u202egnp.exe", kind: "image", media_type: "image/png", bytes: 1_234, pixels: { width: 640, height: 480 } };

const given = (name: string, size: number, type = "", isFolder = false) => ({ file: new File(["x".repeat(size)], name, { type }), isFolder });

test("files come back from their draft, and a damaged line is left out", () => {
  expect(attachmentsOf(`${draftLine(PICTURE)}\nnonsense\n${draftLine({ ...PICTURE, name: "b\nc" })}`)).toEqual([PICTURE, { ...PICTURE, name: "b\nc" }]);
  expect(attachmentsOf("")).toEqual([]);
});

test("what cannot be attached is refused before it is read, with the reason", () => {
  const all = [given("folder", 1, "", true), given("empty.txt", 0), given("large.png", 501, "image/png"), given("a.txt", 10), given("b.pdf", 995, "application/pdf"), given("c.md", 10), given("d.md", 10)];
  const { taken, refusals } = sorted(all, LIMITS, NONE);
  expect(taken.map((file) => file.name)).toEqual(["a.txt", "c.md"]);
  expect(refusals).toEqual([
    "folder is a folder. Attach the files in it.",
    "empty.txt is empty.",
    "large.png has 501 B; at most 500 B are possible. Attach a smaller copy.",
    "b.pdf is not attached: the files of a message can have 1 kB together.",
    "d.md is not attached: a message can have 2 files.",
  ]);
});

test("files that are attached already count", () => {
  expect(sorted([given("a.txt", 10)], LIMITS, { files: 2, bytes: 5 }).refusals).toHaveLength(1);
  expect(sorted([given("a.txt", 10)], LIMITS, { files: 1, bytes: 995 }).refusals).toHaveLength(1);
});

test("before the limits are known, no more is read than the host can take", () => {
  const film = { file: Object.defineProperty(new File(["x"], "film.mkv"), "size", { value: 2 ** 31 }), isFolder: false };
  const many = Array.from({ length: 6 }, (_, index) => given(`${index}.png`, 10, "image/png"));
  expect(sorted([film], undefined, NONE).refusals).toEqual(["film.mkv has 2.1 GB; at most 21 MB are possible. Attach a smaller copy."]);
  expect(sorted(many, undefined, NONE).taken).toHaveLength(5);
});

test("a text that is too large is not read", () => {
  const all = [given("a.md", 201, "text/markdown"), given("b.json", 201, "application/json"), given("c.csv", 200, "text/csv")];
  expect(sorted(all, LIMITS, NONE).taken.map((file) => file.name)).toEqual(["c.csv"]);
});

test("a kind that the model does not read is refused in words about that kind", () => {
  // The reason of the host is about the first kind that it leaves out.
  const local = { ...LIMITS, kinds: ["text" as const], why_not: "The model reads no pictures. Choose another model." };
  expect(sorted([given("a.pdf", 10, "application/pdf"), given("a.rs", 10)], local, NONE)).toMatchObject({ taken: [{ name: "a.rs" }], refusals: ["a.pdf is not attached. claude reads no PDF documents. Choose another model to attach them."] });
  expect(unreadKind("image", local)).toBe("claude reads no pictures. Choose another model to attach them.");
  expect(unreadKind("film" as AttachmentKind, local)).toBe("claude does not read files of this kind. Choose another model to attach them.");
  expect(unreadKind(null, { ...LIMITS, kinds: [] })).toBe("claude reads no files.");
  expect(unreadKind("image", { ...LIMITS, kinds: [], why_not: "The guide reads no files." })).toBe("The guide reads no files.");
  expect(unreadKind("image", LIMITS)).toBeNull();
});

test("the limits are told in one sentence", () => {
  expect(limitWords(LIMITS)).toBe("Up to 2 files with 1 kB together: text up to 200 B, pictures (JPEG, PNG, GIF, WebP) up to 500 B, and PDF documents.");
  expect(limitWords({ ...LIMITS, kinds: ["text", "film" as AttachmentKind] })).toBe("Up to 2 files with 1 kB together: text up to 200 B.");
  expect(limitWords({ ...LIMITS, kinds: [], why_not: "The guide reads no files." })).toBe("The guide reads no files.");
});

test("a file is told with its kind and its size", () => {
  expect(fileWords(PICTURE)).toBe("Picture, 640 × 480, 1 kB");
  expect(fileWords({ ...PICTURE, kind: "pdf", pages: 1 })).toBe("PDF, 1 page, 1 kB");
  expect(fileWords({ ...PICTURE, kind: "film" as AttachmentKind })).toBe("640 × 480, 1 kB");
});

test("pasted files are taken, but not the picture that an office program adds to its text", () => {
  const data = (types: string[]) => ({ types, files: [new File(["x"], "image.png")] }) as unknown as DataTransfer;
  expect(pasted(data(["Files"]))).toHaveLength(1);
  expect(pasted(data(["text/html", "Files"]))).toHaveLength(1);
  expect(pasted(data(["text/plain", "text/html", "Files"]))).toEqual([]);
  expect(pasted(null)).toEqual([]);
});

test("a text is read as UTF-8, or as UTF-16 by its mark", () => {
  expect(decoded(btoa("gr\xc3\xbcn"))).toBe("grün");
  expect(decoded(btoa("\xff\xfeg\0\xfc\0"))).toBe("gü");
});
