/** A channel of the log besides those of the agents. */
import { ArrowLeft, Hash } from "lucide-react";
import { lazy, Suspense } from "react";
import { Loading } from "../design/states";
import { toAgents } from "../data/links";
import { t } from "../words";
import { CHANNELS } from "./channels";

const ChannelLog = lazy(() => import("./ChannelLog"));

export function Channel({ id }: { id: string }) {
  const known = CHANNELS.find((channel) => channel.id === id);
  const { id: channel, label, about } = known ?? CHANNELS[0];
  return (
    <>
      <header className="flex h-13 shrink-0 items-center gap-2 border-b border-line px-6">
        <a href={toAgents} className="@2xl/view:hidden" aria-label={t("Back to the list of agents")}>
          <ArrowLeft className="size-4 rtl:-scale-x-100" aria-hidden />
        </a>
        <Hash className="size-4 shrink-0 text-ink-3" aria-hidden />
        <h2 className="font-semibold whitespace-nowrap">{t(label)}</h2>
        <span className="text-xs text-ink-3">{known ? t(about) : t("There is no agent {id}. Here is what all agents do.", { id })}</span>
      </header>
      <Suspense fallback={<Loading />}>
        <ChannelLog key={channel} channel={channel} isOfAgent={false} />
      </Suspense>
    </>
  );
}
