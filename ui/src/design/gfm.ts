/** GitHub's additions to Markdown, for reading only. remark-gfm also bundles the code that writes Markdown, which no view needs. */
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

/** The part of the parser's settings that is used here. */
interface ParserSettings {
  micromarkExtensions?: unknown[];
  fromMarkdownExtensions?: unknown[];
}

/** A remark plugin: reads tables, strikethrough, task lists, footnotes and bare addresses. */
export function readGfm(this: { data(): object }) {
  const settings: ParserSettings = this.data();
  (settings.micromarkExtensions ??= []).push(gfm());
  (settings.fromMarkdownExtensions ??= []).push(gfmFromMarkdown());
}
