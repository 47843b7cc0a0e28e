/** HTML tags in Markdown: a few work if they have no attributes; all others are shown as text, such as `Vec<String>`. */
import { changeSiblings, element, text, type TreeNode } from "./tree";

const PAIRED = new Set(["b", "code", "del", "em", "i", "ins", "kbd", "samp", "strong", "sub", "sup"]);
const BREAK = /^<br\s*\/?>$/i;
const DETAILS = /^<details(?: open(?:="")?)?>$/i;

/** A rehype plugin, to run before the sanitizer. */
export function readTags() {
  return (tree: TreeNode) => {
    changeSiblings(tree, withDetails);
    changeSiblings(tree, withTags);
  };
}

function withTags(siblings: TreeNode[]): TreeNode[] {
  const found: TreeNode[] = [];
  for (let index = 0; index < siblings.length; index += 1) {
    const node = siblings[index];
    if (node?.type !== "raw") {
      if (node) found.push(node);
      continue;
    }
    const value = node.value ?? "";
    const name = /^<([a-z]+)>$/i.exec(value)?.[1]?.toLowerCase() ?? "";
    const end = PAIRED.has(name) ? endOf(siblings, index, name) : -1;
    if (BREAK.test(value)) found.push(element("br"));
    else if (end < 0) found.push(text(value));
    else {
      found.push(element(name, withTags(siblings.slice(index + 1, end))));
      index = end;
    }
  }
  return found;
}

/** The index of the tag that ends the one at `begin`, or -1. */
function endOf(siblings: readonly TreeNode[], begin: number, name: string): number {
  let depth = 0;
  for (let index = begin; index < siblings.length; index += 1) {
    if (isTag(siblings[index], `<${name}>`)) depth += 1;
    else if (isTag(siblings[index], `</${name}>`)) depth -= 1;
    if (depth === 0) return index;
  }
  return -1;
}

function isTag(node: TreeNode | undefined, tag: string): boolean {
  return node?.type === "raw" && node.value?.toLowerCase() === tag;
}

/** Puts the blocks between a paragraph that begins with `<details>` and one that ends with `</details>` into an element. */
function withDetails(siblings: TreeNode[]): TreeNode[] {
  const begin = siblings.findLastIndex((node) => node.tagName === "p" && node.children?.[0]?.type === "raw" && DETAILS.test(node.children[0].value ?? ""));
  if (begin < 0) return siblings;
  const end = siblings.findIndex((node, index) => index >= begin && node.tagName === "p" && isTag(node.children?.at(-1), "</details>"));
  if (end < 0) return siblings;
  const inside = siblings.slice(begin, end + 1);
  // Begins with the innermost.
  return withDetails([...siblings.slice(0, begin), details(inside), ...siblings.slice(end + 1)]);
}

function details(blocks: TreeNode[]): TreeNode {
  const [first, last] = [blocks[0], blocks.at(-1)];
  first?.children?.shift();
  last?.children?.pop();
  const children = first?.children ?? [];
  const begin = children.findIndex((node) => isTag(node, "<summary>"));
  const end = begin < 0 ? -1 : endOf(children, begin, "summary");
  const summary = end < 0 ? [text("Details")] : children.splice(begin, end - begin + 1).slice(1, -1);
  const isBlank = (node: TreeNode) => node.tagName === "p" && (node.children ?? []).every((child) => child.type === "text" && !child.value?.trim());
  return element("details", [element("summary", summary), ...blocks.filter((block) => !isBlank(block))]);
}
