/** The simulated change of a file that an ask is about: every file is new. */
import type { FileChange } from "../wire";
import { askById } from "./asks";
import type { Stage } from "./stage";

export function fileChange(world: Stage, id: string): FileChange {
  const { detail } = askById(world, id).ask;
  const input: unknown = detail && "call" in detail ? JSON.parse(detail.call.input) : {};
  const text = (name: string) => (typeof input === "object" && input !== null && name in input ? String(input[name as keyof typeof input]) : "");
  const path = text("path");
  const lines = text("content").split("\n").filter((line, index, all) => line !== "" || index < all.length - 1);
  const diff = `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join("")}`;
  return { path, place: `/home/you/${path}`, is_new: true, diff, problem: null };
}
