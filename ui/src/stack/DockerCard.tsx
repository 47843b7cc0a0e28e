/** The Docker daemon: its state, what was found, and what works without it. */
import type { ReactNode } from "react";
import type { Stack } from "../bridge";
import { plainText } from "../data/plainText";
import { Dot } from "../design/Dot";
import { ExternalLink } from "../design/links";
import { t } from "../words";
import { Card, Found } from "./Card";
import { dockerState, failure } from "./words";

const INSTALL = "https://docs.docker.com/get-started/get-docker/";

/** The children are the button of the next step. */
export function DockerCard({ stack, children }: { stack: Stack; children: ReactNode }) {
  const { docker, busy } = stack;
  const failed = failure(stack);
  const isMissing = docker.state === "absent" || docker.state === "no_answer" || docker.state === "refused";
  return (
    <Card title="Docker" state={dockerState(docker)}>
      <Found text={docker.found} nextStep={docker.next_step} isBad={docker.state === "no_answer" || docker.state === "refused"} />
      {isMissing && (
        <p className="mt-1 text-sm text-ink-3">
          {t("Everything else works meanwhile: sub-agents work without files and a shell, and your memory stays in its folder.")}{" "}
          {docker.state === "absent" && <ExternalLink href={INSTALL}>{t("How to install Docker")}</ExternalLink>}
        </p>
      )}
      {failed && <p className="mt-2 text-sm font-medium text-bad">{failed}</p>}
      {busy && (
        <p className="mt-2 flex items-center gap-2 text-sm text-ink-2">
          <Dot tone="active" /> {plainText(busy)}
        </p>
      )}
      {children}
    </Card>
  );
}
