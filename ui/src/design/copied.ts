/** Converts a selection for the clipboard, without the labels of buttons and elements with `data-uncopied`. */

const LEFT_OUT = "button:not([role=link]):not([aria-expanded]), [data-uncopied], [aria-hidden=true], .sr-only, [role=status]";
const BLOCK = /^(?:P|DIV|H[1-6]|UL|OL|LI|BLOCKQUOTE|PRE|TABLE|TR|HR|DETAILS|SUMMARY|SECTION)$/;

export interface Copied {
  text: string;
  html: string;
}

/** The contents of a range. Links become links again. */
export function copied(range: Range): Copied {
  const root = document.createElement("div");
  root.append(range.cloneContents());
  for (const one of root.querySelectorAll(LEFT_OUT)) one.remove();
  for (const link of root.querySelectorAll<HTMLElement>("button[role=link]")) {
    const anchor = document.createElement("a");
    anchor.href = link.title;
    anchor.append(...link.childNodes);
    link.replaceWith(anchor);
  }
  return { text: textOf(root).replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n").trim(), html: root.innerHTML };
}

function textOf(node: Node): string {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent ?? "";
  if (!(node instanceof HTMLElement)) return "";
  if (node.tagName === "BR") return "\n";
  const inside = [...node.childNodes].map(textOf).join("");
  if (node.tagName === "TD" || node.tagName === "TH") return `${inside}\t`;
  if (!BLOCK.test(node.tagName)) return inside;
  const words = inside.replace(/^\n+|\n+$/g, "");
  if (node.tagName === "LI") return `- ${words}\n`;
  if (node.tagName === "TR") return `${words}\n`;
  return `\n${words}${node.tagName === "DIV" ? "\n" : "\n\n"}`;
}
