/**
 * The syntax that is read: CommonMark with GitHub's additions, without writing (remark-gfm bundles it, no view needs it).
 * Differs where GitHub's rules lose words or change what is meant: a single tilde strikes nothing, a line that begins with a
 * tag is a paragraph like others, and words beside Chinese, Japanese and Korean are bold or an address as in other languages.
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

// A transform looks for addresses once more in the finished tree, where it does not know of the ends before CJK.
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
