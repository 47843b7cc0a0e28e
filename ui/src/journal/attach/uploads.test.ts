import { beforeEach, expect, test } from "vitest";
import { type Host, HostError } from "../../bridge";
import { hashes } from "../../data/attachedFiles";
import { Drafts } from "../../data/drafts";
import { GROW } from "../../data/journals";
import { Uploads } from "./uploads";

/** A host that stores a file once it is told to, by its content. */
function world() {
  const state = { problem: null as HostError | null, release: [] as Array<() => void>, holds: false, sent: [] as string[] };
  const call = async (_name: string, { request }: { request: { name: string; content_base64: string } }) => {
    state.sent.push(request.name);
    if (state.holds) await new Promise<void>((done) => state.release.push(done));
    if (state.problem) throw state.problem;
    const hash = request.content_base64.replace(/\W/g, "").padEnd(64, "0");
    return { attached: { attachment: { hash, name: request.name, kind: "text", media_type: "text/plain", bytes: 3 } } };
  };
  const host = { call } as unknown as Host;
  const drafts = new Drafts(host);
  return { state, drafts, uploads: new Uploads(host, drafts) };
}

const text = (name: string, content: string) => ({ file: new File([content], name), isFolder: false });
const problem = (retryable: boolean) => new HostError({ code: retryable ? "database" : "bad_request", message: "\"a.zip\" is an archive, which cannot be attached", retryable, next_step: "Attach the files in it." });

beforeEach(() => localStorage.clear());

test("files are stored one after the other, get into the draft, and are told once", async () => {
  const { state, drafts, uploads } = world();
  const news: string[] = [];
  uploads.subscribe(() => news.push(uploads.state().news));
  uploads.add([text("a.txt", "one"), text("b.txt", "two")], undefined);
  expect(uploads.state().uploads).toHaveLength(2);
  await expect.poll(() => uploads.state().news).toBe("2 files are attached.");
  expect(state.sent).toEqual(["a.txt", "b.txt"]);
  expect(hashes(drafts.get("files", GROW))).toHaveLength(2);
  expect([...new Set(news)]).toEqual(["", "2 files are attached."]);
  uploads.add([text("copy.txt", "one")], undefined);
  await expect.poll(() => uploads.state().refusals).toEqual(["copy.txt is attached already."]);
  expect(hashes(drafts.get("files", GROW))).toHaveLength(2);
});

test("what the host refuses is told and forgotten; the next files clear it", async () => {
  const { state, uploads } = world();
  state.problem = problem(false);
  uploads.add([text("a.zip", "one")], undefined);
  await expect.poll(() => uploads.state().refusals).toEqual(['"a.zip" is an archive, which cannot be attached. Attach the files in it.']);
  expect(uploads.state().uploads).toEqual([]);
  state.problem = null;
  uploads.add([text("b.txt", "two")], undefined);
  expect(uploads.state().refusals).toEqual([]);
});

test("a failure stays until it is tried again, and the files after it go on", async () => {
  const { state, drafts, uploads } = world();
  state.problem = problem(true);
  uploads.add([text("a.txt", "one")], undefined);
  await expect.poll(() => uploads.state().uploads[0]?.problem?.code).toBe("database");
  state.problem = null;
  uploads.add([text("b.txt", "two")], undefined);
  await expect.poll(() => hashes(drafts.get("files", GROW)).length).toBe(1);
  uploads.retry(uploads.state().uploads[0]?.key ?? 0);
  await expect.poll(() => hashes(drafts.get("files", GROW)).length).toBe(2);
  expect(uploads.state().uploads).toEqual([]);
});

test("a file that is removed on its way does not get into the draft", async () => {
  const { state, drafts, uploads } = world();
  state.holds = true;
  uploads.add([text("a.txt", "one")], undefined);
  await expect.poll(() => state.release.length).toBe(1);
  const [upload] = uploads.state().uploads;
  if (upload) uploads.removeUpload(upload);
  state.holds = false;
  state.release.forEach((done) => done());
  uploads.add([text("b.txt", "two")], undefined);
  await expect.poll(() => hashes(drafts.get("files", GROW)).length).toBe(1);
  expect(drafts.get("files", GROW)).toContain("b.txt");
  uploads.removeFile(hashes(drafts.get("files", GROW))[0] ?? "", "b.txt");
  expect([drafts.get("files", GROW), uploads.state().news]).toEqual(["", "b.txt is removed."]);
});

test("pasted pictures, which all have one name, are numbered", async () => {
  const { state, drafts, uploads } = world();
  uploads.add([text("image.png", "one"), text("image.png", "two"), text("notes.md", "three")], undefined);
  await expect.poll(() => hashes(drafts.get("files", GROW)).length).toBe(3);
  uploads.add([text("image.png", "four"), text("notes.md", "five")], undefined);
  await expect.poll(() => state.sent).toEqual(["image.png", "image 2.png", "notes.md", "image 3.png", "notes.md"]);
});
