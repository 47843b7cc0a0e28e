/** Folders, profile and version of the program, and the quit button. */
import { useMutation } from "@tanstack/react-query";
import { FolderOpen, Workflow } from "lucide-react";
import { Button } from "../design/Button";
import { QueryView, InlineError } from "../design/states";
import { useHost } from "../data/context";
import { useAbout } from "../data/queries";
import { LabelledRow } from "../design/LabelledRow";

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
          <LabelledRow label="Memory folder" about={<Path text={about.memory_folder} />} below={<InlineError problem={open.error} />}>
            <Button aria-label="Open memory folder" onClick={() => open.mutate()}>
              <FolderOpen className="size-4" aria-hidden /> Open
            </Button>
          </LabelledRow>
          <LabelledRow label="Data folder" about={<Path text={about.data_folder} />} below={<InlineError problem={openData.error} />}>
            <Button aria-label="Open data folder" onClick={() => openData.mutate()}>
              <FolderOpen className="size-4" aria-hidden /> Open
            </Button>
          </LabelledRow>
          <LabelledRow label="Backup" about="GrowQR makes no backups by itself. Quit it and copy the data folder: conversations, settings and memory are in it, except the conversations and settings of a PostgreSQL server. Keys are in your system's keychain and not in it.">
            {null}
          </LabelledRow>
          <LabelledRow label="GrowQR Desktop" about={`Profile ${about.profile}`}>
            <span className="text-sm text-ink-2 tabular-nums">Version {about.version}</span>
          </LabelledRow>
          <LabelledRow label="Architecture" about="A diagram of the program: its parts, what leaves this computer, and where keys are" below={<InlineError problem={architecture.error} />}>
            <Button aria-label="Show the architecture diagram" onClick={() => architecture.mutate()}>
              <Workflow className="size-4" aria-hidden /> Show
            </Button>
          </LabelledRow>
          <LabelledRow label="Quit" about="Quitting pauses all agents until the next start. Closing the window keeps them at work." below={<InlineError problem={quit.error} />}>
            <Button onClick={() => quit.mutate()}>Quit GrowQR</Button>
          </LabelledRow>
        </>
      )}
    </QueryView>
  );
}

function Path({ text }: { text: string }) {
  return <span className="font-mono break-all select-all">{text}</span>;
}
