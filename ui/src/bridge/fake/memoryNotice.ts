/** The simulated notice about the memory that the conversation uses. */
import type { MemoryNotice } from "../wire";

const FOLDERS = { here: "/home/you/.local/share/ai.growqr.desktop/profiles/local", other: "/home/you/old/profiles/local" };

const NOTICES: Record<string, MemoryNotice> = {
  another: {
    text: `The memory in ${FOLDERS.here} belonged to the conversation in ${FOLDERS.here}/growqr.db. From now on, the conversation in postgres://db/growqr uses it. The pages are unchanged, and the earlier conversation is still in its database: to return to it, start GrowQR with that one.`,
    next_step: "When you have read this: growqr memory confirm",
    needs_decision: false,
  },
  withheld: {
    text: `The conversation in postgres://db/growqr uses the memory in ${FOLDERS.other}; ${FOLDERS.here} has another memory. Memory is not changed until you decide.`,
    next_step: `To use the pages of this folder (${FOLDERS.here}) from now on: growqr memory confirm. Or use GrowQR with the other folder (${FOLDERS.other}).`,
    needs_decision: true,
  },
};

export class FakeMemoryNotice {
  #notice: MemoryNotice | null;

  constructor(options: URLSearchParams) {
    this.#notice = NOTICES[options.get("memory") ?? ""] ?? null;
  }

  get(): MemoryNotice | null {
    return this.#notice;
  }

  confirm() {
    this.#notice = null;
  }
}
