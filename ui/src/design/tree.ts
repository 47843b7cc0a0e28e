/** The parts of the Markdown and HTML syntax trees that the plugins of `Markdown` use. */

export interface TreeNode {
  type: string;
  value?: string;
  /** The name of an HTML element. */
  tagName?: string;
  properties?: Record<string, unknown>;
  /** What a reference or a definition is called. */
  identifier?: string;
  url?: string;
  position?: { start: { line: number; offset?: number }; end: { offset?: number } } | undefined;
  children?: TreeNode[];
}

export const text = (value: string): TreeNode => ({ type: "text", value });

export function element(tagName: string, children: TreeNode[] = [], properties: Record<string, unknown> = {}): TreeNode {
  return { type: "element", tagName, properties, children };
}

/** The words of a node and all that is in it. */
export function wordsOf(node: TreeNode): string {
  return node.value ?? node.children?.map(wordsOf).join("") ?? "";
}

/** Calls `change` with each list of siblings, the innermost first, and puts its answer in the list's place. */
export function changeSiblings(node: TreeNode, change: (siblings: TreeNode[], parent: TreeNode) => TreeNode[]) {
  if (!node.children) return;
  for (const child of node.children) changeSiblings(child, change);
  node.children = change(node.children, node);
}
