/** Shows definitions that nothing refers to as text, since `[note]: words` in an answer is often meant to be read. */
import { changeSiblings, text, type TreeNode } from "./tree";

/** A remark plugin. Of several definitions with one name, only the first is in use. */
export function keepUnused() {
  return (tree: TreeNode, file: { value: unknown }) => {
    const referred = new Set<string>();
    changeSiblings(tree, (siblings) => {
      for (const { type, identifier = "" } of siblings) {
        if (type === "footnoteReference") referred.add(`^${identifier}`);
        else if (type === "linkReference" || type === "imageReference") referred.add(identifier);
      }
      return siblings;
    });
    const source = String(file.value);
    // In the order of the document, so that the first definition is the one in use.
    const visit = (node: TreeNode) => {
      node.children = node.children?.flatMap((child) => {
        const name = child.type === "footnoteDefinition" ? `^${child.identifier ?? ""}` : (child.identifier ?? "");
        const isUnused = (child.type === "definition" || child.type === "footnoteDefinition") && !referred.delete(name);
        visit(child);
        return isUnused ? asText(child, source) : [child];
      });
    };
    visit(tree);
  };
}

function asText(definition: TreeNode, source: string): TreeNode[] {
  const { start, end } = definition.position ?? {};
  const paragraph = (children: TreeNode[]): TreeNode => ({ type: "paragraph", children, position: definition.position });
  if (definition.type === "definition") return [paragraph([text(source.slice(start?.offset, end?.offset))])];
  const [first, ...rest] = definition.children ?? [];
  const label = text(`[^${definition.identifier ?? ""}]: `);
  return first?.type === "paragraph" ? [paragraph([label, ...(first.children ?? [])]), ...rest] : [paragraph([label]), ...(definition.children ?? [])];
}
