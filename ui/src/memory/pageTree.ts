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
  for (const { path, conflict_copy_of: copyOf } of rows) {
    const parts = path.split("/");
    const name = parts.pop() ?? path;
    let folder = root;
    for (const part of parts) {
      let next = folder.folders.find((one) => one.name === part);
      if (!next) {
        next = { name: part, path: `${folder.path}${part}/`, folders: [], pages: [] };
        folder.folders.push(next);
      }
      folder = next;
    }
    folder.pages.push({ name, path, copyOf });
  }
  return root;
}
