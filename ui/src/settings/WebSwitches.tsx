/** Whether agents fetch pages of the web, and whether they leave those alone that their site asks programs not to fetch. */
import { useId } from "react";
import type { Setting } from "../bridge";
import { InlineError } from "../design/states";
import { Switch } from "../design/Switch";
import { useRequest } from "../data/context";
import { LabelledRow } from "../design/LabelledRow";
import { t } from "../words";

export function WebSwitches({ settings }: { settings: readonly Setting[] }) {
  return (
    <>
      <WebSwitch
        setting={settings.find((one) => one.name === "web.fetch")}
        label={t("Fetch pages of the web")}
        about={t("Agents can fetch pages that you have named. For each other site they ask you first.")}
      />
      <WebSwitch
        setting={settings.find((one) => one.name === "web.robots")}
        label={t("Respect robots.txt")}
        about={t("Pages are left alone that their site asks programs not to fetch.")}
      />
    </>
  );
}

/** A host of an earlier build has no such setting. */
function WebSwitch({ setting, label, about }: { setting: Setting | undefined; label: string; about: string }) {
  const id = useId();
  const request = useRequest();
  if (!setting) return null;
  return (
    <LabelledRow label={label} about={about} htmlFor={id} below={<InlineError problem={request.error} />}>
      <Switch id={id} isOn={setting.value !== "off"} disabled={request.isPending} onChange={(on) => request.mutate({ op: "set_setting", name: setting.name, value: on ? null : "off" })} />
    </LabelledRow>
  );
}
