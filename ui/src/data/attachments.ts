/** The hooks for attached files. Apart from `queries.ts`, because the first view needs none of them. */
import { useQuery } from "@tanstack/react-query";
import { type Attachment, type AttachmentLimits, type Host, HostError } from "../bridge";
import { useHost } from "./context";
import { keys } from "./keys";

/** What can be attached to the next message. */
export function useAttachmentLimits() {
  const host = useHost();
  // A key that was stored meanwhile can change the model.
  return useQuery<AttachmentLimits, HostError>({ queryKey: keys.attachmentLimits, queryFn: () => readLimits(host), staleTime: 0 });
}

/** The content of a file in base64. `not_found` if it is missing. The cache forgets it as soon as no component shows it. */
export function useContent(hash: string) {
  const host = useHost();
  return useQuery<string, HostError>({ queryKey: keys.attachment(hash), queryFn: () => readContent(host, hash), staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false });
}

const HOUR = 60 * 60_000;

/** Which of the files the host does not have any more. One is read after the other: the host tells it only with the content. */
export function useMissingFiles(hashes: readonly string[]) {
  const host = useHost();
  return useQuery<string[], HostError>({
    queryKey: keys.missingFiles(hashes),
    queryFn: async () => {
      const missing: string[] = [];
      for (const hash of hashes) if (!(await isThere(host, hash))) missing.push(hash);
      return missing;
    },
    enabled: hashes.length > 0,
    staleTime: HOUR,
    gcTime: HOUR,
    refetchOnWindowFocus: false,
  });
}

async function isThere(host: Host, hash: string): Promise<boolean> {
  try {
    await readContent(host, hash);
    return true;
  } catch (thrown) {
    if (HostError.from(thrown).code === "not_found") return false;
    throw thrown;
  }
}

export async function readContent(host: Host, hash: string): Promise<string> {
  const reply = await host.call("ask", { request: { op: "attachment", hash } });
  if (typeof reply === "object" && "attachment" in reply) return reply.attachment.content_base64;
  throw unexpected();
}

/** Stores a file, whose content is in base64. */
export async function storeFile(host: Host, name: string, content_base64: string): Promise<Attachment> {
  const reply = await host.call("ask", { request: { op: "attach", name, content_base64 } });
  if (typeof reply === "object" && "attached" in reply) return reply.attached.attachment;
  throw unexpected();
}

async function readLimits(host: Host): Promise<AttachmentLimits> {
  const reply = await host.call("ask", { request: { op: "attachment_limits" } });
  if (typeof reply === "object" && "attachment_limits" in reply) return reply.attachment_limits.limits;
  throw unexpected();
}

function unexpected(): Error {
  return new Error("The host gave an answer that this window does not know.");
}
