/** The states that the simulated stack can be put into, by name. */
import type { Docker, MemorySync, PartState, Stack, StackOrphan, StackPart, StackProgress } from "../wire";

const MB = 1_000_000;
export const SIZES = { gitea: 137 * MB, opencode: 224 * MB } as const;
export type PartId = keyof typeof SIZES;

const READY: Docker = { state: "ready", found: "Docker Engine 29.8.2 at unix:///var/run/docker.sock (context default).", next_step: null };
const DOCKERS: Record<string, Docker> = {
  unknown: { state: "unknown", found: "", next_step: null },
  absent: { state: "absent", found: "No Docker was found: there is none at DOCKER_HOST, in the current context or at the usual sockets.", next_step: "Install Docker or start it, then look for it again." },
  no_answer: { state: "no_answer", found: "Docker at unix:///var/run/docker.sock takes the call and does not answer within 10 s.", next_step: "Restart Docker, then look for it again." },
  refused: { state: "refused", found: "DOCKER_HOST is tcp://10.0.0.5:2375, which is not encrypted, so it is not used.", next_step: "Use a local socket, or TLS on port 2376." },
};

const SAME: MemorySync = { state: "same", behind: 0, synced_at: null, found: "", next_step: null, pulls: [] };

const GONE: Omit<StackOrphan, "kind" | "id" | "name"> = { profile: "p-old", own: true, folder: "/srv/growqr", state: "left_over", why: 'the profile "p-old" of this data folder is gone' };
const ELSEWHERE: typeof GONE = { profile: "local", own: false, folder: "/media/disk/growqr", state: "left_over", why: "its data folder is not there: removed, or moved and not used since, or on a disk that is not connected" };

const ORPHANS: StackOrphan[] = [
  { kind: "container", id: "5d41402abc4b", name: "growqr-p-old-gitea", ...GONE },
  { kind: "network", id: "7d793037a076", name: "growqr-p-old-git", ...GONE },
  { kind: "volume", id: "growqr-p-old-gitea-data", name: "growqr-p-old-gitea-data", ...GONE },
  { kind: "volume", id: "growqr-local-gitea-data", name: "growqr-local-gitea-data", ...ELSEWHERE },
];

const PURPOSES: Record<PartId, Pick<StackPart, "name" | "purpose" | "image">> = {
  gitea: { name: "Gitea", purpose: "a second copy of your memory, with pages in your browser", image: "gitea/gitea:28.1.0-rootless" },
  opencode: { name: "OpenCode", purpose: "where sub-agents work with files, a shell and the web", image: "ghcr.io/growqr/opencode:1.18.33@sha256:6f1c7d2e9b0a4c58d3e7f6a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5" },
};

const FOUND: Record<PartState, string> = {
  off: "",
  needs_download: "Its image is not on this computer yet.",
  downloading: "",
  starting: "It is being started and does not answer yet.",
  running: "",
  stopped: "It is stopped and starts when it is needed.",
  failed: "It ended with code 137: out of memory (limit 1 GB).",
  unknown: "Docker cannot be asked.",
};

export function partIn(id: PartId, state: PartState, change: Partial<StackPart> = {}): StackPart {
  const runs = state === "running";
  const facts = runs ? { version: id === "gitea" ? "28.1.0" : "1.18.33", url: `http://127.0.0.1:${id === "gitea" ? 42_000 : 42_001}/`, memory_bytes: (id === "gitea" ? 142 : 412) * MB } : { version: null, url: null, memory_bytes: null };
  const disk_bytes = runs || state === "stopped" || state === "failed" || state === "starting" ? (id === "gitea" ? 38 : 1_240) * MB : null;
  const progress: StackProgress | null = state === "needs_download" ? { done: 0, total: SIZES[id], layers: [] } : null;
  return { id, ...PURPOSES[id], state, found: FOUND[state], next_step: state === "failed" ? "Try again. If it happens again, give Docker more memory." : null, ...facts, disk_bytes, restarts: 0, progress, ...change };
}

/** An image in four layers, one after the other. The total is that of all layers, or only of those that have begun. */
export function downloadOf(id: PartId, done: number, isSizeKnown = true): StackProgress {
  const shares = [0.08, 0.52, 0.35, 0.05];
  let left = done;
  const layers = shares.map((share, index) => {
    const total = Math.round(SIZES[id] * share);
    const arrived = Math.max(0, Math.min(total, left));
    left -= total;
    return { id: `${id === "gitea" ? "a3ed" : "c81f"}95caeb0${index}`, status: arrived === total ? "Pull complete" : arrived > 0 ? "Downloading" : "Waiting", done: arrived, total: arrived > 0 ? total : null };
  });
  const begun = layers.reduce((sum, { total }) => sum + (total ?? 0), 0);
  return { done, total: isSizeKnown ? SIZES[id] : begun || null, layers };
}

function stackOf(gitea: StackPart, opencode: StackPart, change: Partial<Stack> = {}): Stack {
  return { docker: READY, parts: [gitea, opencode], memory: null, busy: null, next: null, orphans: [], others: [], notes: [], ...change };
}

const both = (state: PartState, change: Partial<Stack> = {}) => stackOf(partIn("gitea", state), partIn("opencode", state), change);

/** `null` if there is no state of this name. */
export function stackNamed(name: string, now: number): Stack | null {
  const synced = { ...SAME, synced_at: now - 2 * 60_000 };
  if (name in DOCKERS) return both("unknown", { docker: DOCKERS[name]!, next: name === "unknown" ? null : "find_docker" });
  switch (name) {
    case "never":
      return both("needs_download", { next: "download" });
    case "off":
      return both("off", { next: "start", memory: synced });
    case "offline": {
      const failed = { found: "Its image cannot be downloaded: the registry cannot be reached (no network).", next_step: "Try again when the network is back.", disk_bytes: null };
      return stackOf(partIn("gitea", "failed", failed), partIn("opencode", "failed", failed), { next: "retry" });
    }
    case "downloading":
      return stackOf(partIn("gitea", "downloading", { progress: downloadOf("gitea", 61 * MB) }), partIn("opencode", "downloading", { progress: downloadOf("opencode", 150 * MB, false) }), { busy: "Downloading Gitea and OpenCode" });
    case "starting":
      return stackOf(partIn("gitea", "running"), partIn("opencode", "starting"), { busy: "Starting OpenCode", memory: { ...synced, state: "syncing" } });
    case "running":
      return both("running", { memory: synced });
    case "stopped":
      return stackOf(partIn("gitea", "running"), partIn("opencode", "stopped"), { memory: synced });
    case "failed":
      return stackOf(partIn("gitea", "running"), partIn("opencode", "failed", { restarts: 3 }), { next: "retry", memory: synced });
    case "behind":
      return both("running", { memory: { ...synced, state: "behind", behind: 3, synced_at: now - 3 * 3_600_000, found: "Three changes wait until Gitea answers." } });
    case "diverged":
      return both("running", { memory: { ...synced, state: "stopped", behind: 1, synced_at: now - 26 * 3_600_000, found: "The memory on Gitea has none of the commits that were there yesterday.", next_step: "Look at it in Gitea, then join both sides." } });
    case "orphans":
      return both("running", { memory: synced, orphans: ORPHANS });
    default:
      return null;
  }
}
