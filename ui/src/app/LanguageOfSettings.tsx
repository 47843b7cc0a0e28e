/** Takes over the language of the settings: it may have been changed in a terminal, and another profile may have another one. */
import { useEffect } from "react";
import { useSettings } from "../data/queries";
import { isChoice, setLanguage } from "../words";

export function LanguageOfSettings() {
  const choice = useSettings().data?.find((one) => one.name === "language")?.value;
  useEffect(() => {
    if (choice !== undefined && isChoice(choice)) setLanguage(choice);
  }, [choice]);
  return null;
}
