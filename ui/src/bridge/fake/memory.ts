/** The simulated memory: pages, history and blame. */
import type { BlamedLine, Change, CommitOrigin, CommitPlan, Found, HeldChange, OtherChanges, Page, PageRow, PageRows, UndoPreview } from "../wire";
import { diffLines, split, unified } from "./lineDiff";
import { hostError } from "./hostError";

/** There is one conversation here. */
const NO_OTHERS: OtherChanges = { named: [], more: 0 };

/** The most rows of a part of the list of pages: few, so that a list has several parts here too. */
const PART = 3;

interface Commit extends Change {
  before: string | null;
  /** `null`: the page was deleted. */
  after: string | null;
  /** It waits for approval, so the history does not have it. */
  held?: boolean;
}

export interface SavedMemory {
  pages: Record<string, { text: string; lines: string[] }>;
  commits: Commit[];
}

export class Memory {
  readonly #saved: SavedMemory;

  constructor(saved: SavedMemory) {
    this.#saved = saved;
  }

  list(prefix: string): PageRow[] {
    const paths = Object.keys(this.#saved.pages).filter((path) => path.startsWith(prefix));
    return paths.sort().map((path) => ({ path, bytes: this.#text(path).length, conflict_copy_of: null }));
  }

  /** As the host does: at most so many rows at once. */
  part(prefix: string, after: string | null): PageRows {
    const left = this.list(prefix).filter(({ path }) => after === null || path > after);
    const rows = left.slice(0, PART);
    return { rows, next: rows.length < left.length ? (rows.at(-1)?.path ?? null) : null };
  }

  read(path: string): Page {
    return { path, text: this.#text(path), version: hash(this.#text(path)) };
  }

  has(path: string): boolean {
    return path in this.#saved.pages;
  }

  search(text: string): Found[] {
    return this.list("").flatMap(({ path }) =>
      split(this.#text(path)).flatMap((line, index) => (line.toLowerCase().includes(text.toLowerCase()) ? [{ path, line: index + 1, text: line }] : [])),
    ).slice(0, 200);
  }

  log(path: string | null): Change[] {
    const commits = this.#saved.commits.filter((one) => !one.held && (path === null || one.paths.includes(path)));
    return commits.reverse().map(({ before: _before, after: _after, held: _held, ...change }) => change);
  }

  diff(rev: string): string {
    const commit = this.#commit(rev);
    return unified(commit.paths[0] ?? "", commit.before, commit.after);
  }

  pageAt(path: string, rev: string): Page {
    const text = this.#commit(rev).after;
    if (text === null) throw hostError("not_found", `There is no page ${path}.`);
    return { path, text, version: hash(text) };
  }

  /** Prepares a change that waits for approval. */
  hold(path: string, text: string, message: string, at: number, origin: CommitOrigin): CommitPlan {
    const before = this.has(path) ? this.#text(path) : null;
    const commit = hash(`held ${path} ${text}`).repeat(5).slice(0, 40);
    this.#saved.commits.push({ commit, message, author: "Grow Agent", at, origin, paths: [path], more_paths: 0, before, after: text, held: true });
    return { path, base_head: null, old_blob: before === null ? null : hash(before), new_blob: hash(text), commit, merged: false };
  }

  blame(path: string): BlamedLine[] {
    this.#text(path);
    const page = this.#saved.pages[path];
    return split(page?.text ?? "").map((text, index) => {
      const { commit, author, at, origin } = this.#commit(page?.lines[index] ?? "");
      return { line: index + 1, text, commit, author, at, origin };
    });
  }

  write(path: string, text: string, base: string | null, message: string, at: number, origin: CommitOrigin | null): string {
    const page = this.#saved.pages[path];
    if (page && base !== null && base !== hash(page.text)) {
      throw hostError("conflict", `${path} has changed since you read it.`, "Look at what is there now, then save again.");
    }
    const commit = hash(`${path} ${text} ${at} ${this.#saved.commits.length}`).repeat(5).slice(0, 40);
    const kept = diffLines(split(page?.text ?? ""), split(text)).filter((edit) => edit.sign !== "-");
    const lines = kept.map((edit) => (edit.sign === " " ? (page?.lines[edit.old] ?? commit) : commit));
    const author = origin === null ? "You" : origin.agent === "grow" ? "Grow Agent" : "Sub-agent";
    this.#saved.commits.push({ commit, message, author, at, origin, paths: [path], more_paths: 0, before: page?.text ?? null, after: text });
    this.#saved.pages[path] = { text, lines };
    return commit;
  }

  remove(path: string, base: string | null, at: number): string {
    const before = this.#text(path);
    if (base !== null && base !== hash(before)) throw hostError("conflict", `${path} has changed since you read it.`, "Look at what is there now, then delete it again.");
    const commit = hash(`${path} ${at} ${this.#saved.commits.length}`).repeat(5).slice(0, 40);
    this.#saved.commits.push({ commit, message: `Delete ${path}`, author: "You", at, origin: null, paths: [path], more_paths: 0, before, after: null });
    delete this.#saved.pages[path];
    return commit;
  }

  restore(rev: string, at: number): { commit: string; paths: string[]; more_paths: number } {
    const { before, after, paths, message } = this.#commit(rev);
    const path = paths[0] ?? "";
    if ((this.has(path) ? this.#text(path) : null) !== after) throw hostError("conflict", `${path} has changed in the same lines since.`, "Edit the page by hand.");
    const commit = before === null ? this.remove(path, null, at) : this.write(path, before, null, `Undo: ${message}`, at, null);
    return { commit, paths, more_paths: 0 };
  }

  /** A held change beside its page as it is now. Changes of the same page are a conflict here, wherever they are. */
  compare(held: CommitPlan): HeldChange {
    const { path } = held;
    const { before: base, after: proposed } = this.#commit(held.commit);
    const now = this.has(path) ? this.#text(path) : null;
    const diff = (old: string | null, fresh: string | null) => (old === fresh ? "" : unified(path, old, fresh));
    return { base, now, version: now === null ? null : hash(now), proposed, result: proposed, is_conflict: now !== base, diff: diff(now, proposed), yours: diff(base, now), proposal: diff(base, proposed) };
  }

  undoPreview(agent: string, turn: number | null): UndoPreview {
    const { commits, pages, left } = this.#undoPlan(agent, turn);
    const paths = Object.keys(pages);
    const diff = paths.map((path) => unified(path, this.has(path) ? this.#text(path) : null, pages[path] ?? null)).join("");
    return { changes: commits.length, diff, paths, left, others: NO_OTHERS, seen: hash(diff) };
  }

  undoAll(agent: string, turn: number | null, at: number): { commit: string | null; paths: string[]; more_paths: number; left: string[]; others: OtherChanges } {
    const { pages, left } = this.#undoPlan(agent, turn);
    let commit: string | null = null;
    const title = turn === null ? `Undo all of ${agent}` : `Undo turn ${turn} of ${agent}`;
    for (const [path, text] of Object.entries(pages)) commit = text === null ? this.remove(path, null, at) : this.write(path, text, null, title, at, null);
    return { commit, paths: Object.keys(pages), more_paths: 0, left, others: NO_OTHERS };
  }

  /** The pages without these changes. A page that has changed since is left as it is. */
  #undoPlan(agent: string, turn: number | null): { commits: Commit[]; pages: Record<string, string | null>; left: string[] } {
    const commits = this.#saved.commits.filter(({ origin, held }) => !held && origin?.agent === agent && (turn === null || origin.turn === turn)).reverse();
    const pages: Record<string, string | null> = {};
    const left = new Set<string>();
    for (const { paths, before, after } of commits) {
      const path = paths[0] ?? "";
      const now = path in pages ? (pages[path] ?? null) : this.has(path) ? this.#text(path) : null;
      if (now === after) pages[path] = before;
      else if (now !== before) left.add(path);
    }
    for (const path of left) delete pages[path];
    return { commits, pages, left: [...left] };
  }

  #text(path: string): string {
    const page = this.#saved.pages[path];
    if (!page) throw hostError("not_found", `There is no page ${path}.`);
    return page.text;
  }

  #commit(rev: string): Commit {
    const found = this.#saved.commits.find((one) => one.commit === rev);
    if (!found) throw hostError("not_found", `There is no change ${rev}.`);
    return found;
  }
}

/** FNV-1a as eight hex digits. Not cryptographic. */
export function hash(text: string): string {
  let mixed = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193);
  return (mixed >>> 0).toString(16).padStart(8, "0");
}
