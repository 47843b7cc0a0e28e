/** The pull request of a held change in Gitea, where it can be settled too. Nothing while Gitea has none. */
import { useStack } from "../../data/stack";
import { ExternalLink } from "../../design/links";
import { t } from "../../words";

export function PullLink({ commit }: { commit: string }) {
  const pull = useStack().data?.memory?.pulls.find((pull) => pull.commit === commit);
  if (!pull) return null;
  return (
    <p className="mt-1 text-xs text-ink-2">
      <ExternalLink href={pull.url}>{t("Decide in Gitea instead")}</ExternalLink>
      {pull.changed && <span role="status" className="ms-1 font-medium text-warn">{t("It was changed there: look at it again. What is shown here is the proposal.")}</span>}
    </p>
  );
}
