/**
 * Markdown rules for Chinese, Japanese and Korean. CommonMark expects spaces around words: without these rules `**` stays
 * visible next to their punctuation, bare addresses include the sentence behind them, and line ends become spaces.
 */
import type { Code, Construct, Effects, State, Token, TokenizeContext, Tokenizer } from "micromark-util-types";
import { changeSiblings, type TreeNode, wordsOf } from "./tree";

/** Chinese and Japanese characters, their punctuation and full-width forms. Without the ideographic space. */
const UNSPACED = "\\u2e80-\\u2fff\\u3001-\\u312f\\u3190-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\ufe30-\\ufe4f\\uff01-\\uffef";
const HANGUL = "\\u1100-\\u11ff\\u3130-\\u318f\\ua960-\\ua97f\\uac00-\\ud7ff";
const CJK = new RegExp(`[${UNSPACED}${HANGUL}]`);
const LINE_END_BETWEEN = new RegExp(`(?<=[${UNSPACED}])\\n(?=[${UNSPACED}])`, "g");
const ENDS_UNSPACED = new RegExp(`[${UNSPACED}]$`);
const BEGINS_UNSPACED = new RegExp(`^[${UNSPACED}]`);

export function isCjk(code: Code): boolean {
  return code !== null && code > 0 && CJK.test(String.fromCharCode(code));
}

/** Half of a surrogate pair: nearly always an emoji, sometimes a rare ideograph. */
function isSurrogate(code: Code): boolean {
  return code !== null && code >= 0xd800 && code <= 0xdfff;
}

function isSpace(code: Code): boolean {
  return code === null || code < 0 || /\s/.test(String.fromCharCode(code));
}

/**
 * Wraps emphasis or strikethrough: a run of two or more marks (`**`, `~~`) next to a CJK character or an emoji may open or
 * close regardless of punctuation. A single star keeps the CommonMark rule, because of patterns such as `*.md`.
 */
export function besideCjk(construct: Construct): Construct {
  const tokenize: Tokenizer = function (effects, ok, nok) {
    const before = this.previous;
    let run: Token | null = null;
    const exit: Effects["exit"] = (type) => (run = effects.exit(type));
    const done: State = (after) => {
      if (run) loosen(run, before, after);
      return ok(after);
    };
    return construct.tokenize.call(this, { ...effects, exit }, done, nok);
  };
  return { ...construct, tokenize };
}

function loosen(run: Token, before: Code, after: Code) {
  if (run.end.offset - run.start.offset < 2) return;
  if (![before, after].some((code) => isCjk(code) || isSurrogate(code))) return;
  if (!isSpace(after)) run._open = true;
  if (!isSpace(before)) run._close = true;
}

/** Wraps a bare address: it ends before the first CJK character after its host, and may follow one directly. */
export function endBeforeCjk(construct: Construct): Construct {
  const tokenize: Tokenizer = function (effects, ok, nok) {
    const begin = this.now().offset;
    /** The offset behind the CJK characters that the host begins with, as in `https://例え.jp`. */
    let host = 0;
    let code: Code = null;
    let isDone = false;
    const isEnd = (): boolean => {
      if (!isCjk(code)) return false;
      const at = this.now().offset - begin;
      const beginsHost = this.previous === SLASH ? at === 7 || at === 8 : this.previous === DOT && at === 4;
      if (beginsHost || at === host) host = Math.max(host, at + 1);
      return at >= host;
    };
    // Passes `null`, the end of the text, to the wrapped construct where the address ends.
    const watch = (state: State): State => (next) => {
      code = next;
      const after = state(isEnd() ? null : code);
      return isDone || after === undefined ? after : watch(after);
    };
    const finish = (state: State): State => () => {
      isDone = true;
      return state(code);
    };
    const context = Object.create(this, { previous: { get: () => (isCjk(this.previous) ? null : this.previous) } }) as TokenizeContext;
    return watch(construct.tokenize.call(context, reportingTo(effects, () => code), finish(ok), finish(nok)));
  };
  return { ...construct, tokenize };
}

/** Effects whose nested constructs report the real code when they end, not the `null` that `watch` passed to them. */
function reportingTo(effects: Effects, real: () => Code): Effects {
  const nested = (construct: Construct): Construct => ({
    ...construct,
    tokenize(inner, ok, nok) {
      return construct.tokenize.call(this, reportingTo(inner, real), () => ok(real()), () => nok(real()));
    },
  });
  const attempt: Effects["attempt"] = (construct, ...states) => effects.attempt(nested(construct as Construct), ...states);
  const check: Effects["check"] = (construct, ...states) => effects.check(nested(construct as Construct), ...states);
  return { ...effects, attempt, check };
}

const DOT = 46;
const SLASH = 47;

/** A remark plugin: removes line ends between characters that are written without spaces. */
export function joinCjkLines() {
  return (tree: TreeNode) =>
    changeSiblings(tree, (siblings) => {
      siblings.forEach((node, index) => {
        if (node.type !== "text" || !node.value?.includes("\n")) return;
        let value = node.value.replace(LINE_END_BETWEEN, "");
        const [before, after] = [siblings[index - 1], siblings[index + 1]];
        if (before && value.startsWith("\n") && ENDS_UNSPACED.test(wordsOf(before)) && BEGINS_UNSPACED.test(value.slice(1))) value = value.slice(1);
        if (after && value.endsWith("\n") && ENDS_UNSPACED.test(value.slice(0, -1)) && BEGINS_UNSPACED.test(wordsOf(after))) value = value.slice(0, -1);
        node.value = value;
      });
      return siblings;
    });
}
