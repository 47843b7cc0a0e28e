/** What an answer has searched the web for, and the pages that it cites. Titles and addresses come from outside; links ask before they open. */
import { Search } from "lucide-react";
import type { Block } from "../bridge";
import { ExternalLink, target } from "../design/links";
import { t } from "../words";
import { visible } from "../words/visible";
import { searches, sources } from "./cited";

export function AnswerWeb({ blocks }: { blocks: readonly Block[] }) {
  const pages = sources(blocks).flatMap(({ url, title }) => {
    const place = target(url);
    return place?.kind === "web" ? [{ ...place, title }] : [];
  });
  return (
    <div className="mt-1.5 px-1.5 text-sm text-ink-2">
      {searches(blocks).map((query, index) => (
        <p key={index} className="flex items-start gap-1.5 [overflow-wrap:anywhere]">
          <Search className="mt-1 size-3.5 shrink-0" aria-hidden />
          <span dir="auto">{t("Searched the web: {query}", { query: visible(query) })}</span>
        </p>
      ))}
      {pages.length > 0 && (
        <ol aria-label={t("Sources")} className="mt-1.5 list-decimal ps-6 marker:text-ink-3">
          {pages.map((page) => (
            <li key={page.address} dir="auto" className="[overflow-wrap:anywhere]">
              <ExternalLink href={page.address}>{visible(page.title)}</ExternalLink> <span className="text-ink-3">{page.owner}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
