/** Whether agents fetch pages of the web and search it, and whether they respect robots.txt. */
import { useId } from "react";
import type { Setting } from "../bridge";
import { InlineError } from "../design/states";
import { Switch } from "../design/Switch";
import { useRequest } from "../data/context";
import { LabelledRow } from "../design/LabelledRow";
import { t } from "../words";

export function WebSwitches({ settings }: { settings: readonly Setting[] }) {
  const setting = (name: string) => settings.find((one) => one.name === name);
  return (
    <>
      <WebSwitch setting={setting("web.fetch")} standard="on" label={t("Fetch pages of the web")} about={t("Pages whose whole address (https://…) is in your message are fetched at once; other sites need your answer.")} />
      <WebSwitch setting={setting("web.robots")} standard="on" label={t("Respect robots.txt")} about={t("Does not fetch pages that the site's robots.txt forbids.")} />
      <WebSwitch
        setting={setting("web.search")}
        standard="off"
        label={t("Search the web with Anthropic")}
        about={t("Claude searches without asking you first; of your rules only those count that deny web_search. Each search costs $0.01 and the tokens of what it finds; budgets count both. A change counts from the next message on: work that is under way can still search.")}
      />
    </>
  );
}

/** A host of an earlier build has no such setting. */
function WebSwitch({ setting, standard, label, about }: { setting: Setting | undefined; standard: "on" | "off"; label: string; about: string }) {
  const id = useId();
  const request = useRequest();
  if (!setting) return null;
  const choose = (isOn: boolean) => {
    const value = isOn ? "on" : "off";
    request.mutate({ op: "set_setting", name: setting.name, value: value === standard ? null : value });
  };
  return (
    <LabelledRow label={label} about={about} htmlFor={id} below={<InlineError problem={request.error} />}>
      <Switch id={id} isOn={setting.value === "on"} disabled={request.isPending} onChange={choose} />
    </LabelledRow>
  );
}
