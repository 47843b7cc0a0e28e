/** The settings view. */
import { type ReactNode, useRef } from "react";
import { QueryView } from "../design/states";
import { useSettings } from "../data/queries";
import { LocalServers } from "../providers/LocalServers";
import { t } from "../words";
import { About } from "./About";
import { Account } from "./Account";
import { AppearanceSettings } from "./AppearanceSettings";
import { Backup } from "./Backup";
import { Keys } from "./Keys";
import { LanguageSetting } from "./LanguageSetting";
import { Licences } from "./Licences";
import { Model } from "./Model";
import { Privacy } from "./Privacy";
import { Quests } from "./quests/Quests";
import { QuickChat } from "./QuickChat";
import { SECTIONS, type SectionId } from "./sections";
import { SettingRow } from "./SettingRow";
import { Shortcuts } from "./Shortcuts";
import { Rules } from "./Rules";
import { Schedules } from "./Schedules";
import { Skills } from "./Skills";
import { Spending } from "./Spending";
import { SpendingDetails } from "./SpendingDetails";
import { StartAtLogin } from "./StartAtLogin";
import { ToolServers } from "./ToolServers";
import { UntrustedSwitch } from "./UntrustedSwitch";
import { WebSwitches } from "./WebSwitches";
import { WorkFolders } from "./WorkFolders";
import { useSection } from "./useSection";

/** Settings with a section of their own; all others are listed under "Limits". */
const ELSEWHERE = /^(budget\.|files\.|inbox\.|notifications\.|rules\.|openai\.|quick\.|skills\.|stack\.|web\.|workbench\.|model$|effort$|language$)/;

/** Settings about what is announced. */
const NOTIFICATIONS = /^(inbox|notifications)\./;

/** Settings of the containers. */
const CONTAINERS = /^(stack|workbench)\./;

/** `at` is the section to show. */
export default function Settings({ at }: { at: string | null }) {
  const settings = useSettings();
  const scroller = useRef<HTMLElement>(null);
  useSection(scroller, at);
  return (
    <section ref={scroller} aria-label={t("Settings")} className="relative h-full overflow-y-auto">
      <div className="mx-auto flex max-w-2xl flex-col gap-9 px-6 pt-6 pb-16">
        <h2 className="text-lg font-semibold">{t("Settings")}</h2>
        <Group id="account">
          <Account />
        </Group>
        <Group id="model">
          <QueryView query={settings}>{(list) => <Model settings={list} />}</QueryView>
        </Group>
        <Group id="keys" about={t("Once saved, a key is never shown again.")}>
          <Keys />
        </Group>
        <Group id="servers" about={t("Servers with an OpenAI-compatible API. Choose one of their models above.")}>
          <div className="py-4">
            <LocalServers />
          </div>
        </Group>
        <Group id="budget" about={t("One budget for the Grow Agent and all its sub-agents, reserved before each model call. At the limit, they stop and ask you.")}>
          <Spending />
          <QueryView query={settings}>{(list) => list.filter((one) => one.name.startsWith("budget.")).map((one) => <SettingRow key={one.name} setting={one} />)}</QueryView>
        </Group>
        <Group id="spending">
          <SpendingDetails />
        </Group>
        <Group id="limits">
          <QueryView query={settings}>{(list) => list.filter((one) => !ELSEWHERE.test(one.name)).map((one) => <SettingRow key={one.name} setting={one} />)}</QueryView>
        </Group>
        <Group id="containers" about={t("Docker runs a copy of memory and a workbench for sub-agents, if you start them in the stack view.")}>
          <QueryView query={settings}>{(list) => list.filter((one) => CONTAINERS.test(one.name)).map((one) => (one.name === "workbench.folders" ? <WorkFolders key={one.name} setting={one} about={t("Sub-agents read them, and change them only where you allow it. They see nothing else of this computer.")} /> : <SettingRow key={one.name} setting={one} />))}</QueryView>
        </Group>
        <Group id="rules" about={t("What agents may do without asking you. The last line that matches a call decides.")}>
          <Rules />
          <QueryView query={settings}>{(list) => <UntrustedSwitch settings={list} />}</QueryView>
        </Group>
        <Group id="schedules" about={t("At each time a sub-agent begins with a task and a budget of its own, and reports.")}>
          <Schedules />
        </Group>
        <Group id="quests" about={t("Sub-agents carry out a plan of memory step by step, within one budget.")}>
          <Quests />
        </Group>
        <Group id="tools" about={t("MCP servers give agents more tools: programs on this computer, or addresses.")}>
          <QueryView query={settings}>{(list) => <WebSwitches settings={list} />}</QueryView>
          <ToolServers />
        </Group>
        <Group id="files" about={t("What agents read there is in the conversation, and goes to the model. Agents cannot read hidden files, or files whose names suggest passwords or private keys.")}>
          <QueryView query={settings}>{(list) => list.filter((one) => one.name === "files.folders").map((one) => <WorkFolders key={one.name} setting={one} about={t("The Grow Agent reads the files in them; sub-agents ask first. Where you allow changes, an agent asks you before each change, and you see the difference.")} />)}</QueryView>
        </Group>
        <Group id="skills" about={t("A skill tells agents how to do a kind of work: a folder with a SKILL.md, in memory under skills/ or on this computer. Their scripts are never run on this computer.")}>
          <Skills />
        </Group>
        <Group id="notifications" about={t("Your system shows one when an agent asks, something fails or long work is done: once each, and not while the window shows it.")}>
          <QueryView query={settings}>{(list) => list.filter((one) => NOTIFICATIONS.test(one.name)).map((one) => <SettingRow key={one.name} setting={one} />)}</QueryView>
        </Group>
        <Group id="appearance">
          <QueryView query={settings}>{(list) => <LanguageSetting settings={list} />}</QueryView>
          <AppearanceSettings />
        </Group>
        <Group id="shortcuts">
          <QueryView query={settings}>{(list) => <QuickChat settings={list} />}</QueryView>
          <Shortcuts />
        </Group>
        <Group id="privacy" about={t("Every program besides GrowQR that gets data, with the settings as they are now. All else stays on this computer.")}>
          <Privacy />
        </Group>
        <Group id="backup">
          <Backup />
        </Group>
        <Group id="computer">
          <StartAtLogin />
          <About />
        </Group>
        <Group id="licences" about={t("GrowQR is built with the work of others.")}>
          <Licences />
        </Group>
      </div>
    </section>
  );
}

function Group({ id, about, children }: { id: SectionId; about?: string; children: ReactNode }) {
  const title = t(SECTIONS[id]);
  return (
    <section aria-label={title} tabIndex={-1} data-section={id} className="scroll-mt-6 outline-none">
      <h3 className="font-semibold">{title}</h3>
      {about && <p className="mt-0.5 text-sm text-ink-3">{about}</p>}
      <div className="mt-3 divide-y divide-line rounded-2xl border border-line bg-surface px-4">{children}</div>
    </section>
  );
}
