/** Quests: how each stands, as a picture and step by step, what it has spent, and the form that starts one. */
import { useState } from "react";
import type { Quest } from "../../bridge";
import { QueryView } from "../../design/states";
import { linkedPlan } from "../../data/questLink";
import { t } from "../../words";
import { QuestRow } from "./QuestRow";
import { ordered } from "./questWords";
import { StartQuest } from "./StartQuest";
import { useQuests } from "./useQuests";

export function Quests() {
  const query = useQuests();
  // Who comes from a page to start it finds the form first.
  const [linked] = useState(linkedPlan);
  const [started, setStarted] = useState<string | null>(null);
  const form = <StartQuest linked={linked} quests={query.data ?? []} onStarted={setStarted} />;
  return (
    <>
      {linked !== null && form}
      <QueryView query={query}>{(quests) => <List quests={quests} started={started} />}</QueryView>
      {linked === null && form}
    </>
  );
}

function List({ quests, started }: { quests: readonly Quest[]; started: string | null }) {
  if (quests.length === 0) return <p className="py-3 text-sm text-ink-3">{t("No quests yet.")}</p>;
  return (
    <ul aria-label={t("Quests")} className="divide-y divide-line">
      {ordered(quests).map((quest) => (
        <QuestRow key={quest.id} quest={quest} hasBegun={quest.id === started} />
      ))}
    </ul>
  );
}
