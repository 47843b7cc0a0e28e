/** The wording of the stack's states, and what may be done in each. */
import type { Docker, DockerState, MemorySync, MemorySyncState, PartState, Stack, StackAction, StackPart } from "../bridge";
import { bytes } from "../data/bytes";
import type { Tone } from "../data/status";
import { counted, t, type Text } from "../words";

interface State {
  label: string;
  tone: Tone;
}

interface Known {
  label: Text;
  tone: Tone;
}

const DOCKER: Record<DockerState, Known> = {
  unknown: { label: "Looking for it", tone: "active" },
  ready: { label: "Ready", tone: "good" },
  absent: { label: "Not found", tone: "warn" },
  no_answer: { label: "Does not answer", tone: "bad" },
  refused: { label: "Cannot be used", tone: "bad" },
};

const PARTS: Record<PartState, Known> = {
  off: { label: "Off", tone: "quiet" },
  needs_download: { label: "Not downloaded", tone: "quiet" },
  downloading: { label: "Downloading", tone: "active" },
  starting: { label: "Starting", tone: "active" },
  running: { label: "Running", tone: "good" },
  stopped: { label: "Stopped", tone: "quiet" },
  failed: { label: "Failed", tone: "bad" },
  unknown: { label: "Not known", tone: "quiet" },
};

const MEMORY: Record<MemorySyncState, Known> = {
  same: { label: "The same on both sides", tone: "good" },
  behind: { label: "Behind", tone: "warn" },
  syncing: { label: "Syncing", tone: "active" },
  stopped: { label: "Stopped until you decide", tone: "bad" },
};

const FAILED: Record<string, Text> = { gitea: "The memory server does not run.", opencode: "The workbench does not run." };

const TITLES: Record<string, Text> = { gitea: "Memory server", opencode: "Workbench" };

export function dockerState({ state }: Docker): State {
  return translated(DOCKER[state], state);
}

export function partState({ state }: StackPart): State {
  return translated(PARTS[state], state);
}

/** A state that this build does not know keeps the host's name. */
function translated(known: Known | undefined, state: string): State {
  return known ? { label: t(known.label), tone: known.tone } : { label: state, tone: "quiet" };
}

/** What the service is for the person: `Memory server`, `Workbench`. */
export function partTitle({ id, name }: StackPart): string {
  const title = TITLES[id];
  return title ? t(title) : name;
}

/** Which services have failed, a sentence for each; `null` if none has. Their cards say why. */
export function failure({ parts }: Stack): string | null {
  const failed = parts.filter(({ state }) => state === "failed").map((part) => {
    const sentence = FAILED[part.id];
    return sentence ? t(sentence) : t("{name} does not run.", { name: part.name });
  });
  return failed.length === 0 ? null : failed.join(" ");
}

/** The image with the first digits of its digest. */
export function shortImage(image: string): string {
  return image.replace(/(@[a-z0-9]+:[0-9a-f]{12})[0-9a-f]+$/, "$1…");
}

export function memoryState({ state, behind }: MemorySync): State {
  if (state === "behind" && behind > 0) return { label: counted(behind, "Behind by {n} change", "Behind by {n} changes"), tone: "warn" };
  return translated(MEMORY[state], state);
}

/** Whether the person has never started the stack. After a reset it counts as never started. */
export function isNew({ parts, memory }: Stack): boolean {
  return memory === null && parts.every(({ state }) => state === "off" || state === "needs_download" || state === "unknown");
}

/** Whether something runs or is on its way, so that it can be stopped. */
export function canStop({ docker, parts }: Stack): boolean {
  return docker.state === "ready" && parts.some(({ state }) => state === "running" || state === "starting" || state === "downloading" || state === "failed");
}

/** The bytes that are still to be downloaded; `null` if the size of an image is not known, or if none is missing. */
export function downloadSize({ parts }: Stack): number | null {
  const missing = parts.filter(({ state }) => state === "needs_download");
  const sizes = missing.map(({ progress }) => (progress?.total ? progress.total - progress.done : null));
  if (sizes.length === 0 || sizes.includes(null)) return null;
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

/** The label of the button for the next step. `null` if this build does not know the step. */
export function actionLabel(stack: Stack): string | null {
  const size = downloadSize(stack);
  const labels: Record<StackAction, string> = {
    start: t("Start"),
    download: size === null ? t("Download and start") : t("Download and start (about {size})", { size: bytes(size) }),
    retry: t("Try again"),
    find_docker: t("Find Docker"),
  };
  return stack.next === null ? null : (labels[stack.next] ?? null);
}

/** What has changed since `before`, one sentence for each change. The progress of a download is left out. */
export function changes(before: Stack, now: Stack): string[] {
  const said: string[] = [];
  if (before.docker.state !== now.docker.state) said.push(`Docker: ${dockerState(now.docker).label}.`);
  for (const part of now.parts) {
    const earlier = before.parts.find(({ id }) => id === part.id);
    if (earlier?.state === part.state) continue;
    const reason = part.state === "failed" ? ` ${part.found}` : "";
    said.push(`${partTitle(part)}: ${partState(part).label}.${reason}`);
  }
  // Comparing the memory happens often and needs no words, unless it stops.
  if (now.memory?.state === "stopped" && before.memory?.state !== "stopped") said.push(`${t("Memory on Gitea")}: ${memoryState(now.memory).label}.`);
  return said;
}
