/** What allowing an agent to write a file would change in it now. */
import { useQuery } from "@tanstack/react-query";
import { useHost } from "../../data/context";
import { keys } from "../../data/keys";
import { visible } from "../../data/names";
import { Diff } from "../../design/Diff";
import { QueryView } from "../../design/states";
import { t } from "../../words";
import { rich } from "../../words/rich";

export function FileChange({ ask }: { ask: string }) {
  const host = useHost();
  const change = useQuery({ queryKey: keys.fileChange(ask), queryFn: () => host.call("file_change", { ask }) });
  return (
    <div className="mt-2 space-y-2">
      <QueryView query={change}>
        {({ path, place, is_new, diff, problem }) =>
          problem === null ? (
            <>
              <p className="text-sm text-ink-2 [overflow-wrap:anywhere]">
                {rich(is_new ? "It creates {file}:" : "It changes {file}:", { file: <code>{visible(place ?? path)}</code> })}
              </p>
              <Diff text={diff} label={t("The change")} />
            </>
          ) : (
            <p role="alert" className="text-sm font-medium text-bad [overflow-wrap:anywhere]">
              {rich("If you allow it, nothing is written: {problem}", { problem: <bdi>{visible(problem)}</bdi> })}
            </p>
          )
        }
      </QueryView>
    </div>
  );
}
