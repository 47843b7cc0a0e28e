/**
 * What an ask is about: the tool call with what it concerns and why it needs a permission, the limit that is reached, the pages
 * with two versions, or the question. Texts of models are set apart from the card's own.
 */
import type { Ask, AskDetail, AskReason, Permission } from "../../bridge";
import { type ConflictDetail, conflictWords, limitName, limitWords, permissionArgument, raiseWords, reasonWords, type WorkDetail, workWords } from "../../data/asks";
import { toPage } from "../../data/links";
import { money } from "../../data/money";
import { visible } from "../../data/names";
import { Disclosure } from "../../design/Disclosure";
import { t } from "../../words";
import { rich } from "../../words/rich";
import { callInput } from "../inputText";
import { Part } from "../Part";
import { AboutReview } from "./AboutReview";

type CallDetail = Extract<AskDetail, { call: unknown }>["call"];
type LimitDetail = Extract<AskDetail, { limit: unknown }>["limit"];

export function AskAbout({ ask }: { ask: Ask }) {
  const { detail } = ask;
  if (detail && "call" in detail) return <AboutCall call={detail.call} />;
  if (detail && "session" in detail && detail.session.permission) return <AboutPermission permission={detail.session.permission} why={detail.session.why} />;
  if (detail && "conflict" in detail) return <AboutConflict about={detail.conflict} />;
  if (detail && "review" in detail) return <AboutReview review={detail.review} />;
  if (detail && "work" in detail) return <AboutWork work={detail.work} />;
  if (detail && "limit" in detail) return <AboutLimit about={detail.limit} />;
  return <ModelText text={ask.text} className="mt-2" />;
}

/** A text of a model, with a border at its side. */
export function ModelText({ text, className }: { text: string; className?: string }) {
  return (
    <blockquote className={className}>
      <p dir="auto" className="border-s-3 border-line-strong ps-3 font-medium whitespace-pre-wrap [overflow-wrap:anywhere]">{visible(text)}</p>
    </blockquote>
  );
}

function AboutCall({ call }: { call: CallDetail }) {
  const { tool, argument, why } = call;
  return (
    <>
      <p className="mt-2 font-medium [overflow-wrap:anywhere]">
        {rich(argument === undefined ? "Use {tool}" : "Use {tool} with", { tool: <code>{visible(tool)}</code> })}
      </p>
      {argument !== undefined && <Argument text={visible(argument)} />}
      <p className="mt-2 text-sm text-ink-2 [overflow-wrap:anywhere]">
        {reasonWords(why)} {"rule" in why && <code className="text-ink">{why.rule}</code>}
      </p>
      <Disclosure summary={<span>{t("The whole call")}</span>} className="mt-0.5 -ms-1.5">
        {() => <Part title={t("Input of {tool}", { tool })} text={visible(callInput(call))} />}
      </Disclosure>
    </>
  );
}

function AboutPermission({ permission, why }: { permission: Permission; why: AskReason | undefined }) {
  const about = permissionArgument(permission);
  return (
    <>
      <p className="mt-2 font-medium [overflow-wrap:anywhere]">
        {rich(about === undefined ? "Use {tool} in the workbench" : "Use {tool} in the workbench with", { tool: <code>{visible(permission.what)}</code> })}
      </p>
      {about !== undefined && <Argument text={visible(about)} />}
      {why !== undefined && (
        <p className="mt-2 text-sm text-ink-2 [overflow-wrap:anywhere]">
          {reasonWords(why)} {typeof why === "object" && "rule" in why && <code className="text-ink">{why.rule}</code>}
        </p>
      )}
      {permission.diff && <Part title={t("The change")} text={visible(permission.diff)} />}
    </>
  );
}

/** What a call concerns, as the rules compare it. */
function Argument({ text }: { text: string }) {
  const isLong = text.length > 400;
  return (
    <pre dir="auto" tabIndex={isLong ? 0 : undefined} aria-label={isLong ? t("What the call concerns") : undefined} className="mt-1 max-h-40 w-fit max-w-full overflow-auto rounded-lg border border-line bg-code px-3 py-1.5 font-mono font-semibold whitespace-pre-wrap [overflow-wrap:anywhere]">
      {text}
    </pre>
  );
}

/** Both versions of each page, to read them before answering. */
function AboutConflict({ about }: { about: ConflictDetail }) {
  const { pages, more = 0 } = about;
  return (
    <>
      <p className="mt-2 font-medium [overflow-wrap:anywhere]">{t("Who merges {pages}?", { pages: conflictWords(about) })}</p>
      <p className="mt-1 text-sm text-ink-2">{t(pages.length + more === 1 ? "It was changed on this computer and in Gitea. Memory has both versions." : "They were changed on this computer and in Gitea. Memory has both versions.")}</p>
      <ul aria-label={t("Pages with two versions")} className="mt-2 space-y-1 text-sm">
        {pages.map(({ path, copy }) => (
          <li key={copy} className="[overflow-wrap:anywhere]">
            <code className="text-ink">{visible(path)}</code>: <a href={toPage(path)} className="text-accent-ink underline">{t("version of this computer")}</a>, <a href={toPage(copy)} className="text-accent-ink underline">{t("version of Gitea")}</a>
          </li>
        ))}
        {more > 0 && <li>{t("and {n} more", { n: more })}</li>}
      </ul>
    </>
  );
}

/** A scheduled run whose time has passed, with its task. */
function AboutWork({ work }: { work: WorkDetail }) {
  return (
    <>
      <p className="mt-2 font-medium [overflow-wrap:anywhere]">{t("{work} was due on {time} and did not run. Run it now?", workWords(work))}</p>
      <ModelText text={work.task} className="mt-2" />
      <p className="mt-2 text-sm text-ink-2">
        {t("It may spend up to {amount}.", { amount: money(work.budget) })} {work.by_agent !== undefined && t("An agent has asked for this schedule.")}
      </p>
    </>
  );
}

function AboutLimit({ about }: { about: LimitDetail }) {
  const { limit, shortfall, raise } = about;
  // The option's label names money and calls; what is added for all agents together stands only here.
  const more = raise.tree ? raiseWords(raise) : "";
  return (
    <>
      <p className="mt-2 font-medium">{t("It has reached {limit}.", { limit: limitName(limit) })}</p>
      <p className="mt-1 text-sm text-ink-2">
        {limitWords(limit, shortfall)} {more && t("Raising it adds {what}.", { what: more })}
      </p>
    </>
  );
}
