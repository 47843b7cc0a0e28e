/**
 * The files on their way to the host, for the message to the Grow Agent. They go one after the other, also while another view is
 * open. A file that is stored goes into the draft of the message; one that failed stays until it is tried again or removed; one that
 * the host refuses is told and forgotten.
 */
import { type AttachmentLimits, type Host, HostError } from "../../bridge";
import { hashes, merged } from "../../data/attachedFiles";
import { storeFile } from "../../data/attachments";
import type { Drafts } from "../../data/drafts";
import { GROW } from "../../data/journals";
import { counted, t } from "../../words";
import { visible } from "../../words/visible";
import { attachmentsOf, draftLine, type Given, sorted } from "./files";

export interface Upload {
  key: number;
  file: File;
  /** Why it is not stored; `null` while it waits or is on its way. */
  problem: HostError | null;
}

export interface UploadState {
  uploads: readonly Upload[];
  /** Why files were not taken: sentences. */
  refusals: readonly string[];
  /** The latest change in words, for screen readers. */
  news: string;
}

const known = new WeakMap<Drafts, Uploads>();
let lastKey = 0;

/** The one of this window. */
export function uploadsOf(host: Host, drafts: Drafts): Uploads {
  const found = known.get(drafts) ?? new Uploads(host, drafts);
  known.set(drafts, found);
  return found;
}

export class Uploads {
  readonly #host: Host;
  readonly #drafts: Drafts;
  readonly #listeners = new Set<() => void>();
  #state: UploadState = { uploads: [], refusals: [], news: "" };
  #isRunning = false;

  constructor(host: Host, drafts: Drafts) {
    this.#host = host;
    this.#drafts = drafts;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly state = (): UploadState => this.#state;

  /** Takes files, and replaces the refusals of earlier ones. */
  add(given: readonly Given[], limits: AttachmentLimits | undefined) {
    const draft = attachmentsOf(this.#draft());
    const { uploads } = this.#state;
    const bytes = [...draft.map((one) => one.bytes), ...uploads.map((one) => one.file.size)].reduce((sum, one) => sum + one, 0);
    const { taken, refusals } = sorted(given, limits, { files: draft.length + uploads.length, bytes });
    const names = new Set([...draft.map((one) => one.name), ...uploads.map((one) => one.file.name)]);
    const added = taken.map((file): Upload => ({ key: (lastKey += 1), file: numbered(file, names), problem: null }));
    this.#change({ uploads: [...uploads, ...added], refusals });
    void this.#run();
  }

  refuse(reason: string) {
    this.#change({ refusals: [reason] });
  }

  /** Tells it to screen readers, also if it is what was told last. */
  tell(news: string) {
    this.#change({ news: news === this.#state.news ? `${news}\u00a0` : news });
  }

  retry(key: number) {
    this.#change({ uploads: this.#state.uploads.map((one) => (one.key === key ? { ...one, problem: null } : one)) });
    void this.#run();
  }

  /** Also one that is on its way. */
  removeUpload({ key, file }: Upload) {
    this.#change({ uploads: this.#without(key), news: removed(file.name) });
  }

  removeFile(hash: string, name: string) {
    const rest = this.#draft().split("\n").filter((line) => !line.startsWith(hash));
    this.#drafts.set("files", GROW, rest.join("\n"));
    this.#change({ news: removed(name) });
  }

  closeRefusals() {
    this.#change({ refusals: [] });
  }

  async #run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const done: string[] = [];
    for (let next = this.#next(); next; next = this.#next()) {
      const stored = await this.#store(next);
      if (stored) done.push(visible(next.file.name));
    }
    this.#isRunning = false;
    if (done.length > 0) this.#change({ news: done.length === 1 ? t("{name} is attached.", { name: done[0] ?? "" }) : counted(done.length, "{n} file is attached.", "{n} files are attached.") });
  }

  #next(): Upload | undefined {
    return this.#state.uploads.find((one) => one.problem === null);
  }

  /** Whether it is in the draft now. */
  async #store(upload: Upload): Promise<boolean> {
    const isWanted = () => this.#state.uploads.some((one) => one.key === upload.key);
    try {
      const attachment = await storeFile(this.#host, upload.file.name, await base64(upload.file));
      if (!isWanted()) return false;
      const isKnown = hashes(this.#draft()).includes(attachment.hash);
      if (!isKnown) this.#drafts.set("files", GROW, merged(this.#draft(), draftLine(attachment)));
      this.#drafts.write();
      this.#change({ uploads: this.#without(upload.key) });
      if (isKnown) this.#change({ refusals: [...this.#state.refusals, t("{name} is attached already.", { name: visible(upload.file.name) })] });
      return !isKnown;
    } catch (thrown) {
      if (!isWanted()) return false;
      const problem = HostError.from(thrown);
      if (problem.retryable) {
        this.#change({ uploads: this.#state.uploads.map((one) => (one.key === upload.key ? { ...one, problem } : one)) });
      } else {
        const reason = [problem.message, problem.nextStep].filter(Boolean).join(" ");
        this.#change({ uploads: this.#without(upload.key), refusals: [...this.#state.refusals, reason] });
      }
      return false;
    }
  }

  #draft(): string {
    return this.#drafts.get("files", GROW);
  }

  #without(key: number): Upload[] {
    return this.#state.uploads.filter((one) => one.key !== key);
  }

  #change(change: Partial<UploadState>) {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** Pasted pictures all have the name `image.png`: the next one is `image 2.png`. Adds the name to the known ones. */
function numbered(file: File, names: Set<string>): File {
  const [, ending] = /^image(\.\w+)$/.exec(file.name) ?? [];
  let name = file.name;
  for (let number = 2; ending !== undefined && names.has(name); number += 1) name = `image ${number}${ending}`;
  names.add(name);
  return name === file.name ? file : new File([file], name, { type: file.type });
}

function removed(name: string): string {
  return t("{name} is removed.", { name: visible(name) });
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new HostError({ code: "internal", message: t("This file cannot be read. It may have been moved or changed."), retryable: true, next_step: null }));
    reader.readAsDataURL(file);
  });
}
