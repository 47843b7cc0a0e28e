/** Suggested first messages. */
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { t, type Text } from "../words";

const WITH_AI: readonly Text[] = ["I want to grow in my work. Ask me three questions, then propose a first step."];
/** The guide knows these in English only. */
const WITH_GUIDE = ["help", "Remember that I want to learn something new every week", "Send three sub-agents to look through my goals"];

export function Suggestions({ agent, guide }: { agent: string; guide: boolean }) {
  const request = useRequest();
  return (
    <div className="mt-4 flex flex-col items-stretch gap-2">
      {(guide ? WITH_GUIDE : WITH_AI.map((text) => t(text))).map((text) => (
        <Button key={text} className="h-auto py-2 text-start whitespace-normal" disabled={request.isPending} onClick={() => request.mutate({ op: "say", agent, id: crypto.randomUUID(), text })}>
          {text}
        </Button>
      ))}
      <InlineError problem={request.error} />
    </div>
  );
}
