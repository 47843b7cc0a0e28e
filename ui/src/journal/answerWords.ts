/** The words of an answer. Citations, and calls that the service of the model makes itself, are in fields and blocks that the wire does not describe. */
import type { Block } from "../bridge";

export function isCited(block: Block): boolean {
  return "citations" in block && Array.isArray(block.citations) && block.citations.length > 0;
}

export function isServerCall(block: Block): boolean {
  return (block.type as string) === "server_tool_use";
}

/** A service divides a text where it cites; other texts are separated by a blank line. */
export function words(blocks: readonly Block[], kind: "text" | "thinking"): string {
  const isDivided = blocks.some(isCited);
  let words = "";
  let follows = false;
  for (const block of blocks) {
    const text = block.type === "text" && kind === "text" ? block.text : block.type === "thinking" && kind === "thinking" ? block.thinking : "";
    const isContinued = isDivided && follows;
    if (text.trim()) words += (words && !isContinued ? "\n\n" : "") + text;
    // All that is between two pieces that cite.
    else if (isContinued && block.type === kind) words += text;
    follows = text.trim() !== "" || (follows && block.type === kind);
  }
  return words;
}
