/** Why an agent cannot go on and since when, with a button to try at once; and the mail that waits for it. */
import { RotateCw } from "lucide-react";
import type { AgentTrouble, HeldMail } from "../bridge";
import { Button } from "../design/Button";
import type { useRequest } from "../data/context";
import { rich } from "../words/rich";
import { useHeldMail, useTrouble } from "../data/health";
import { clockSeconds, exactTime } from "../data/time";
import { counted, hostWords, t } from "../words";

export function TroubleNote({ agent, request }: { agent: string; request: ReturnType<typeof useRequest> }) {
  const trouble = useTrouble(agent);
  const mail = useHeldMail(agent);
  const tryNow = () => request.mutate({ op: "resume", agent, id: crypto.randomUUID() });
  return <TroubleWords trouble={trouble} mail={mail} isTrying={request.isPending} onTry={tryNow} />;
}

interface Words {
  trouble: AgentTrouble | undefined;
  mail: HeldMail | undefined;
  isTrying: boolean;
  onTry: () => void;
}

export function TroubleWords({ trouble, mail, isTrying, onTry }: Words) {
  if (!trouble && !mail) return null;
  return (
    <div role="status" className="mx-auto w-full max-w-[50rem] px-6 py-2 text-sm">
      {trouble && (
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="text-bad">
            {rich("Cannot go on since {time}: {why}.", { time: <Since at={trouble.since} />, why: <bdi>{trouble.error.message}</bdi> })}
          </span>
          <span className="text-ink-2">
            {!trouble.has_given_up && `${hostWords(trouble.error.next_step ?? "")} ${t("It tries again until it can.")}`}
            {trouble.has_given_up && t("It does not try again by itself; everything recorded is safe.")}
          </span>
          <Button disabled={isTrying} onClick={onTry}>
            <RotateCw className="size-3.5" aria-hidden /> {t("Try now")}
          </Button>
        </p>
      )}
      {mail && (
        <p className="text-ink-2">
          {rich("{messages} for it since {time}: {why}.", { messages: counted(mail.count, "{n} message waits", "{n} messages wait"), time: <Since at={mail.since} />, why: <bdi>{mail.cause}</bdi> })}
        </p>
      )}
    </div>
  );
}

function Since({ at }: { at: number }) {
  return <span title={exactTime(at)}>{clockSeconds(at)}</span>;
}
