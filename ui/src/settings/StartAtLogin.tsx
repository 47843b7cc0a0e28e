/** Whether GrowQR starts when the person logs in. The system keeps the choice. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import type { HostError } from "../bridge";
import { InlineError } from "../design/states";
import { LabelledRow } from "../design/LabelledRow";
import { Switch } from "../design/Switch";
import { useHost } from "../data/context";
import { keys } from "../data/keys";
import { useStartAtLogin } from "../data/queries";
import { t } from "../words";

export function StartAtLogin() {
  const id = useId();
  const host = useHost();
  const client = useQueryClient();
  const query = useStartAtLogin();
  const change = useMutation<boolean, HostError, boolean>({
    mutationFn: (isOn) => host.call("start_at_login", { change: isOn }),
    onSuccess: (isOn) => client.setQueryData(keys.startAtLogin, isOn),
  });
  return (
    <LabelledRow label={t("Start at login")} about={t("GrowQR opens when you log in to this computer, and agents continue their work.")} htmlFor={id} below={<InlineError problem={change.error ?? query.error} />}>
      <Switch id={id} isOn={query.data ?? false} disabled={query.data === undefined || change.isPending} onChange={change.mutate} />
    </LabelledRow>
  );
}
