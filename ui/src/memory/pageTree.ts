/** Groups the paths of pages into a tree of folders. */
import type { PageRow } from "../bridge";

export interface Folder {
  name: string;
  path: string;
  folders: Folder[];
  pages: Array<{ name: string; path: string; copyOf: string | null }>;
}

export function pageTree(rows: readonly PageRow[]): Folder {
  const root: Folder = { name: "", path: "", folders: [], pages: [] };
  const known = new Map([["", root]]);
  for (const { path, conflict_copy_of: copyOf } of rows) {
    const parts = path.split("/");
    const name = parts.pop() ?? path;
    let folder = root;
    for (const part of parts) {
      const path = `${folder.path}${part}/`;
      let next = known.get(path);
      if (!next) {
        next = { name: part, path, folders: [], pages: [] };
        known.set(path, next);
        folder.folders.push(next);
      }
      folder = next;
    }
    folder.pages.push({ name, path, copyOf });
  }
  return root;
}

/** The first rows of a folder, and the number of those left out. Folders come first. */
export function firstRows({ folders, pages }: Folder, limit: number): { folders: Folder["folders"]; pages: Folder["pages"]; hidden: number } {
  const shown = { folders: folders.slice(0, limit), pages: pages.slice(0, Math.max(0, limit - folders.length)) };
  return { ...shown, hidden: folders.length + pages.length - shown.folders.length - shown.pages.length };
}
