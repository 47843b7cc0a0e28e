/** Folders, profile and version of the program, and the quit button. */
import { useMutation } from "@tanstack/react-query";
import { FolderOpen, Workflow } from "lucide-react";
import { Button } from "../design/Button";
import { QueryView, InlineError } from "../design/states";
import { useHost } from "../data/context";
import { useAbout } from "../data/queries";
import { LabelledRow } from "../design/LabelledRow";
import { t } from "../words";

export function About() {
  const host = useHost();
  const open = useMutation({ mutationFn: () => host.call("open_memory_folder", {}) });
  const openData = useMutation({ mutationFn: () => host.call("open_data_folder", {}) });
  const architecture = useMutation({ mutationFn: () => host.call("open_architecture", {}) });
  const quit = useMutation({ mutationFn: () => host.call("quit", {}) });
  return (
    <QueryView query={useAbout()}>
      {(about) => (
        <>
          <LabelledRow label={t("Memory folder")} about={<Path text={about.memory_folder} />} below={<InlineError problem={open.error} />}>
            <Button aria-label={t("Open memory folder")} onClick={() => open.mutate()}>
              <FolderOpen className="size-4" aria-hidden /> {t("Open")}
            </Button>
          </LabelledRow>
          <LabelledRow label={t("Data folder")} about={<Path text={about.data_folder} />} below={<InlineError problem={openData.error} />}>
            <Button aria-label={t("Open data folder")} onClick={() => openData.mutate()}>
              <FolderOpen className="size-4" aria-hidden /> {t("Open")}
            </Button>
          </LabelledRow>
          <LabelledRow label="GrowQR Desktop" about={t("Profile {name}", { name: about.profile })}>
            <span className="text-sm text-ink-2 tabular-nums">{t("Version {version}", { version: about.version })}</span>
          </LabelledRow>
          <LabelledRow label={t("Architecture")} about={t("A diagram of the program: its parts, what leaves this computer, and where keys are")} below={<InlineError problem={architecture.error} />}>
            <Button aria-label={t("Show the architecture diagram")} onClick={() => architecture.mutate()}>
              <Workflow className="size-4" aria-hidden /> {t("Show")}
            </Button>
          </LabelledRow>
          <LabelledRow label={t("Quit")} about={t("Quitting pauses all agents until the next start. Closing the window keeps them at work.")} below={<InlineError problem={quit.error} />}>
            <Button onClick={() => quit.mutate()}>{t("Quit GrowQR")}</Button>
          </LabelledRow>
        </>
      )}
    </QueryView>
  );
}

function Path({ text }: { text: string }) {
  return <span className="font-mono break-all select-all">{text}</span>;
}
