/** The text of a transcript's item when it is copied: as it was written, in Markdown, without the labels around it. */
import { ending } from "../data/ended";
import { t } from "../words";
import { visible } from "../words/visible";
import type { Item } from "./items";
import { toolWords } from "./toolWords";

/** An empty string for an item that has no words of its own. */
export function itemText(item: Item): string {
  switch (item.kind) {
    case "said":
      return [...(item.attachments ?? []).map((file) => t("[file: {name}]", { name: visible(file.name) })), item.text].filter(Boolean).join("\n");
    case "answer":
    case "note":
      return item.text;
    case "divider":
      return "";
    case "aside":
      return item.items.map(itemText).filter(Boolean).join("\n\n");
    case "calls":
      return item.calls.map((call) => [toolWords(call).verb, toolWords(call).about].filter(Boolean).join(" ")).join("\n");
    case "reported":
      return `${item.report.name}: ${item.report.text}`;
    case "charge":
      return item.purpose;
    case "ask":
      return item.ask.text;
    case "paused":
      return t("Paused. {why}", { why: ending({ limit: item.limit })?.title ?? "" });
    case "end":
      return ending(item.ended, item.shortfall)?.title ?? "";
  }
}
