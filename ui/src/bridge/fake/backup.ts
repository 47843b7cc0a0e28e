/** The simulated backups. */
import type { Backup } from "../wire";

/** A backup that was made at this time. */
export function backup(at: number): Backup {
  return { file: "/home/you/Downloads/GrowQR backup 2026-03-04.tar.gz", at, bytes: 12_400_000, profile: "local", events: 1_204, memory_files: 61, database_server: null, left_out: ["memory/clone: it is a repository of its own"], more_left_out: 0 };
}
