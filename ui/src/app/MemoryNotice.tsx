/** The bar about a memory that belongs to another conversation, or waits for the person's decision. */
import { BookOpen } from "lucide-react";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { useRequest } from "../data/context";
import { useMemoryNotice } from "../data/queries";
import { t } from "../words";

export function MemoryNotice() {
  const notice = useMemoryNotice().data;
  const confirm = useRequest();
  if (!notice) return null;
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-4 gap-y-1.5 border-b border-line bg-warn-soft px-6 py-2 text-sm text-ink-2">
      <BookOpen className="size-4 shrink-0 text-warn" aria-hidden />
      <p className="min-w-56 grow basis-0 break-words">{notice.text}</p>
      <Button disabled={confirm.isPending} onClick={() => confirm.mutate({ op: "confirm_memory" })}>
        {notice.needs_decision ? t("Use the pages in this folder") : t("Understood")}
      </Button>
      <InlineError problem={confirm.error} />
    </div>
  );
}
