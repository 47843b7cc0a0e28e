/** The actions of a message that the agent has not read yet. */
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { HostError } from "../bridge";
import { useRequest } from "../data/context";
import { useAgent } from "../data/queries";
import { t } from "../words";
import { queuedWords } from "./queuedWords";

/** `onTooLate`: the agent has read the message, so it cannot be taken back. */
export function QueuedActions({ agent, message, isAfterFresh, onEdit, onTooLate }: { agent: string; message: number; isAfterFresh: boolean; onEdit: () => void; onTooLate: () => void }) {
  const request = useRequest();
  const row = useAgent(agent);
  const isSending = request.isPending || request.isSuccess;
  const withdraw = async () => {
    try {
      await request.mutateAsync({ op: "withdraw_message", agent, message });
    } catch (thrown) {
      if (HostError.from(thrown).code === "conflict") onTooLate();
      return; // Another `request.error` is shown.
    }
    // The button is gone with its message, so the focus goes to the message field.
    document.querySelector<HTMLElement>("[data-composer]")?.focus();
  };
  return (
    <div data-uncopied className="mt-1 flex flex-col items-end">
      <p className="flex flex-wrap items-center justify-end gap-x-1 text-xs text-ink-3">
        <span>{queuedWords(row, isAfterFresh)}</span>
        <Button look="quiet" className="px-1.5 py-0.5 text-xs" disabled={isSending} onClick={onEdit}>
          {t("Edit")}
        </Button>
        <Button look="quiet" className="px-1.5 py-0.5 text-xs" disabled={isSending} onClick={() => void withdraw()}>
          {t("Withdraw")}
        </Button>
      </p>
      <InlineError problem={request.error} />
    </div>
  );
}
