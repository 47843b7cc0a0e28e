/** The files of a simulated sub-agent in the workbench. One text tries to run as markup, one path turns itself around. */
import type { WorkFile } from "../wire";

const REPORT = "# Projects for a beginner\n\n1. A key-value store with a log\n2. A small search index\n\n<script>document.title = 'taken over'</script>\n";

/** `null`: it is not a text. */
export const WORK_TEXTS: Record<string, string | null> = {
  "notes/projects.md": REPORT,
  "src/store.rs": "use std::collections::BTreeMap;\n\npub struct Store {\n    pages: BTreeMap<String, Vec<u8>>,\n}\n",
  "run.log": `${"building\n".repeat(40)}`,
  "pictures/\u202egnp.exe": null,
};

const added = (path: string, text: string) => {
  const lines = text.replace(/\n$/, "").split("\n");
  return `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}`).join("\n")}\n`;
};

export const WORK_FILES: WorkFile[] = [
  { path: "notes/projects.md", added: 6, removed: 0, diff: added("notes/projects.md", REPORT) },
  { path: "pictures/\u202egnp.exe", added: 0, removed: 0, diff: null },
  { path: "run.log", added: 2_140, removed: 0, diff: null },
  { path: "src/store.rs", added: 3, removed: 1, diff: "diff --git a/src/store.rs b/src/store.rs\n--- a/src/store.rs\n+++ b/src/store.rs\n@@ -1,3 +1,5 @@\n-use std::collections::HashMap;\n+use std::collections::BTreeMap;\n \n pub struct Store {\n+    pages: BTreeMap<String, Vec<u8>>,\n+}\n" },
];
