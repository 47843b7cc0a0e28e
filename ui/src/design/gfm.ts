/**
 * The Markdown syntax: CommonMark with GitHub's additions, for reading only (remark-gfm also bundles the code that writes
 * Markdown). Differs from GitHub where its rules lose words or change the meaning: a single tilde strikes nothing out, a line
 * that begins with a tag starts no HTML block, and `cjk.ts` changes the rules next to Chinese, Japanese and Korean.
 */
import { gfmFromMarkdown } from "mdast-util-gfm";
import { attention } from "micromark-core-commonmark";
import { gfm } from "micromark-extension-gfm";
import type { Construct, ConstructRecord, Extension } from "micromark-util-types";
import { besideCjk, endBeforeCjk } from "./cjk";

/** The part of the parser's settings that is used here. */
interface ParserSettings {
  micromarkExtensions?: unknown[];
  fromMarkdownExtensions?: unknown[];
}

/** A remark plugin: reads tables, strikethrough, task lists, footnotes and bare addresses. */
export function readGfm(this: { data(): object }) {
  const settings: ParserSettings = this.data();
  (settings.micromarkExtensions ??= []).push(SYNTAX, { text: { [STAR]: besideCjk(attention) }, disable: { null: ["htmlFlow"] } } satisfies Extension);
  (settings.fromMarkdownExtensions ??= []).push(TREE);
}

const STAR = 42;

const SYNTAX = withCjk(gfm({ singleTilde: false }));

// Without the transform that searches the finished tree for addresses again: it would not end them before CJK.
const TREE = gfmFromMarkdown().map((extension) => ({ ...extension, transforms: [] }));

function withCjk(extension: Extension): Extension {
  const text: ConstructRecord = {};
  for (const [code, constructs] of Object.entries(extension.text ?? {})) text[Number(code)] = [constructs ?? []].flat().map(changed);
  return { ...extension, text };
}

function changed(construct: Construct): Construct {
  if (construct.name === "strikethrough") return besideCjk(construct);
  return construct.name?.endsWith("Autolink") ? endBeforeCjk(construct) : construct;
}
