/** Messages on their way to the host, each in localStorage under its own key, so that two windows do not write over each other's. */

/** A message as it is sent. */
export interface Message {
  /** The host ignores a second message with the same id. */
  id: string;
  text: string;
  /** The draft of the attached files. */
  files: string;
}

/** A message that is being sent, and the page that sends it. */
export interface Sending extends Message {
  agent: string;
  page: string;
}

export function sendingKey(profile: string, id: string): string {
  return `sending:${profile}:${id}`;
}

/** Runs it once the page with this id is gone, and holds its lock meanwhile; at once where there are no locks. */
export async function whenGone(page: string, run: () => unknown): Promise<void> {
  // Not in every web view.
  const locks = navigator.locks as LockManager | undefined;
  let isRun = false;
  const once = () => {
    isRun = true;
    return run();
  };
  try {
    await (locks ? locks.request(`page:${page}`, once) : once());
  } catch {
    if (!isRun) await once();
  }
}
