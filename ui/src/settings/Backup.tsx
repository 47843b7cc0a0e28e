/** The last backup, and a button that makes one, also while agents work. */
import { Archive } from "lucide-react";
import type { Backup as Made } from "../bridge";
import { Button } from "../design/Button";
import { InlineError } from "../design/states";
import { LabelledRow } from "../design/LabelledRow";
import { useBackup } from "../data/backup";
import { bytes } from "../data/bytes";
import { dayAndTime } from "../data/time";
import { t } from "../words";

export function Backup() {
  const { last, isPending, problem, begin } = useBackup();
  return (
    <LabelledRow
      label={t("Backup")}
      about={t("One file with your conversations, settings and memory, in the folder for downloads. Agents go on meanwhile. Keys are not in it. To restore it: growqr restore FILE")}
      below={
        <>
          <div role="status" className="text-xs text-ink-3 empty:hidden">
            {isPending && <p>{t("The backup is being made…")}</p>}
            {!isPending && last && <Outcome backup={last} />}
          </div>
          <InlineError problem={problem} />
        </>
      }
    >
      <Button disabled={isPending} onClick={begin}>
        <Archive className="size-4" aria-hidden /> {t("Back up now")}
      </Button>
    </LabelledRow>
  );
}

function Outcome({ backup }: { backup: Made }) {
  const missing = [...backup.left_out, ...(backup.more_left_out > 0 ? ["…"] : [])];
  return (
    <>
      <p className="mt-1 [overflow-wrap:anywhere]">{t("Last backup {when}, {size}: {file}", { when: dayAndTime(backup.at), size: bytes(backup.bytes), file: backup.file })}</p>
      {backup.database_server !== null && <p className="mt-1">{t("Conversations and settings are on a database server ({server}) and not in it.", { server: backup.database_server })}</p>}
      {missing.length > 0 && (
        <div className="mt-1">
          <p>{t("Not in it:")}</p>
          {/* The host writes it in English. */}
          <ul lang="en" className="list-disc ps-5">
            {missing.map((one) => (
              <li key={one} dir="auto" className="[overflow-wrap:anywhere]">
                {one}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
