/** Makes rendered Markdown readable for screen readers and in both directions of writing. */
import { element, text, type TreeNode, wordsOf } from "./tree";

/** Elements that take their direction from their first letter. Those inside follow, so that a list is in one direction. */
const DIRECTED = new Set(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "td", "th", "summary"]);
const HEADING = /^h[1-6]$/;

/** A rehype plugin: sets directions, and leaves no heading, table header or link without words. */
export function makeReadable() {
  return (tree: TreeNode) => visit(tree, false);
}

function visit(node: TreeNode, isDirected: boolean) {
  node.children = node.children?.filter((child) => !HEADING.test(child.tagName ?? "") || hasContent(child));
  for (const child of node.children ?? []) {
    const sets = !isDirected && DIRECTED.has(child.tagName ?? "");
    if (sets) child.properties = { ...child.properties, dir: "auto" };
    if (child.tagName === "th" && !hasContent(child)) child.tagName = "td";
    if (child.tagName === "a" && !hasContent(child)) child.children = [text(String(child.properties?.["href"] ?? ""))];
    // Inside a paragraph each piece of code has a direction of its own.
    if (child.tagName === "code" && node.tagName !== "pre") child.children = [element("bdi", child.children)];
    visit(child, isDirected || sets);
  }
}

function hasContent(node: TreeNode): boolean {
  return wordsOf(node).trim() !== "" || hasImage(node);
}

function hasImage(node: TreeNode): boolean {
  return node.tagName === "img" || (node.children ?? []).some(hasImage);
}
