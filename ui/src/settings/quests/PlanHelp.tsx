/** What a plan is, with an example to copy and a link to write one. */
import { CopyButton } from "../../design/CopyButton";
import { Disclosure } from "../../design/Disclosure";
import { NotCopied } from "../../design/states";
import { useCopy } from "../../design/useCopy";
import { toPage } from "../../data/links";
import { PLANS } from "../../data/questLink";
import { t } from "../../words";

export function PlanHelp({ isOpen }: { isOpen: boolean }) {
  return (
    <Disclosure open={isOpen} summary={<span>{t("How to write a plan")}</span>} className="-ms-1.5 mt-2">
      {() => <Help />}
    </Disclosure>
  );
}

function Help() {
  const [state, copy] = useCopy();
  const example = exampleText();
  return (
    <div className="flex flex-col gap-2 text-sm text-ink-2">
      <p>{t("A plan is a page in the folder quests of memory, with a list of tasks. Numbered tasks are done one after the other; with a dash before them they may be done side by side. What is ticked is left out. All tasks are in one list.")}</p>
      <pre tabIndex={0} aria-label={t("Example of a plan")} className="rounded-lg bg-sunken px-3 py-2 text-xs whitespace-pre-wrap [overflow-wrap:anywhere]">{example}</pre>
      <div className="flex flex-wrap items-center gap-3">
        <CopyButton what={t("the example")} state={state} onCopy={() => copy(example)} />
        <a href={toPage(`${PLANS}${t("my-plan")}.md`, "edit")} className="text-accent-ink underline">{t("Write a plan")}</a>
      </div>
      <NotCopied state={state} />
      <p className="text-xs text-ink-3">{t("You can also ask the Grow Agent to write one.")}</p>
    </div>
  );
}

function exampleText(): string {
  const tasks = [t("List the pages of the old blog"), t("Write each of them as Markdown under blog/"), t("Check that every link still works")];
  const list = tasks.map((task, index) => `${index + 1}. [ ] ${task}`).join("\n");
  return `# ${t("Move the blog")}\n\n${t("Every old address must go on working.")}\n\n${list}\n`;
}
