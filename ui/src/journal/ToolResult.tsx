/** The result of a tool call. It comes from outside: text is not Markdown, links ask before they open. */
import type { ContentBlock, ToolContent } from "../bridge";
import { contentBlocks, plainBlock } from "../data/events";
import { ExternalLink, target } from "../design/links";
import { t } from "../words";
import { Part } from "./Part";

/** The media types of pictures; others are shown as text. */
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export function ToolResult({ title, content }: { title: string; content: ToolContent }) {
  const blocks = contentBlocks(content);
  const isEmpty = blocks.every((block) => block.type === "text" && block.text === "");
  if (isEmpty) return <Part title={title} text={`(${t("empty")})`} />;
  return blocks.map((block, index) => <Block key={index} title={title} block={block} />);
}

function Block({ title, block }: { title: string; block: ContentBlock }) {
  if (block.type === "image" && PICTURES.has(block.media_type)) {
    return <img alt={`${title}: ${t("a picture")}`} src={`data:${block.media_type};base64,${block.data}`} className="max-h-80 max-w-full rounded-lg border border-line object-contain" />;
  }
  if (block.type === "link" && target(block.uri)) {
    return (
      <p className="[overflow-wrap:anywhere]">
        <ExternalLink href={block.uri}>{block.title || block.uri}</ExternalLink>
      </p>
    );
  }
  if (block.type === "text") return <Part title={title} text={block.text} />;
  return <p className="text-xs text-ink-3 [overflow-wrap:anywhere]">{plainBlock(block)}</p>;
}
