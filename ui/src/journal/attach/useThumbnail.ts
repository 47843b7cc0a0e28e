/** Small copies of attached images. The cache keeps them instead of the images, which are large. */
import { useQuery } from "@tanstack/react-query";
import type { Attachment, HostError } from "../../bridge";
import { readContent } from "../../data/attachments";
import { useHost } from "../../data/context";
import { keys } from "../../data/keys";
import { dataUrl, oneByOne, still } from "./picture";

/** Pixels of the longer side: enough for the sizes of the transcript on dense screens. */
const SIDE = 512;

/** The source of a small, still copy of an image. */
export function useThumbnail({ hash, kind, media_type }: Attachment) {
  const host = useHost();
  return useQuery<string, HostError>({
    queryKey: keys.thumbnail(hash),
    queryFn: ({ signal }) =>
      oneByOne(async () => {
        // It has scrolled out of view meanwhile.
        signal.throwIfAborted();
        const source = dataUrl(media_type, await readContent(host, hash));
        if (source === null) throw new Error("This build shows no images of this type.");
        return still(source, SIDE);
      }),
    enabled: kind === "image",
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
}
