/** Everything the person may choose. */
import type { ReactNode } from "react";
import { Read } from "../design/states";
import { useSettings } from "../data/queries";
import { About } from "./About";
import { Looks } from "./Looks";
import { ModelKey } from "./ModelKey";
import { Model } from "./Model";
import { SettingRow } from "./SettingRow";
import { Spending } from "./Spending";

export default function Settings() {
  const settings = useSettings();
  return (
    <section aria-label="Settings" className="h-full overflow-y-auto">
      <div className="mx-auto flex max-w-2xl flex-col gap-9 px-6 pt-6 pb-16">
        <h2 className="text-lg font-semibold">Settings</h2>
        <Group title="Model and key">
          <ModelKey />
          <Read query={settings}>{(list) => <Model settings={list} />}</Read>
        </Group>
        <Group title="Budget" about="Reserved before each model call, over the Grow Agent and all its sub-agents. At the limit it stops and asks.">
          <Spending />
          <Read query={settings}>{(list) => list.filter((one) => one.name.startsWith("budget.")).map((one) => <SettingRow key={one.name} setting={one} />)}</Read>
        </Group>
        <Group title="Limits">
          <Read query={settings}>
            {(list) => list.filter((one) => !one.name.startsWith("budget.") && one.name !== "model" && one.name !== "effort").map((one) => <SettingRow key={one.name} setting={one} />)}
          </Read>
        </Group>
        <Group title="Appearance">
          <Looks />
        </Group>
        <Group title="On this computer">
          <About />
        </Group>
      </div>
    </section>
  );
}

function Group({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="font-semibold">{title}</h3>
      {about && <p className="mt-0.5 text-sm text-ink-3">{about}</p>}
      <div className="mt-3 divide-y divide-line rounded-2xl border border-line bg-surface px-4">{children}</div>
    </section>
  );
}
