/** Links between pages as note programs write them: `[[notes/rust]]`, `[[notes/rust#async|shown words]]`. */
import { changeSiblings, text, type TreeNode } from "./tree";

const WIKI = /\[\[([^[\]|\n]+)(?:\|([^[\]\n]+))?\]\]/;

/** A remark plugin. */
export function readWikiLinks() {
  return (tree: TreeNode) => changeSiblings(tree, (siblings, parent) => (parent.type === "link" || parent.type === "linkReference" ? siblings : siblings.flatMap(links)));
}

function links(node: TreeNode): TreeNode[] {
  if (node.type !== "text" || !node.value?.includes("[[")) return [node];
  // Both groups of the pattern are in the list: words, target, label, words, …
  const parts = node.value.split(WIKI);
  return parts.flatMap((part, index) => {
    if (index % 3 === 0) return part ? [text(part)] : [];
    const url = part?.trim().split("#").map(encodeURIComponent).join("#");
    return index % 3 === 1 && url ? [{ type: "link", url, children: [text(parts[index + 1] ?? part ?? "")] }] : [];
  });
}
