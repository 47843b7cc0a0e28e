/** All libraries with their licences. `cargo xtask licences` generates the list, and a test compares it with the lock files. */
import { useState } from "react";
import { Input } from "../design/Field";
import { t } from "../words";
import rows from "./licences.json";

export default function LicenceTable() {
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const shown = rows.filter((row) => row.some((cell) => cell.toLowerCase().includes(wanted)));
  return (
    <>
      <Input aria-label={t("Search libraries and licences")} placeholder={t("Search")} value={text} onChange={(event) => setText(event.target.value)} />
      <p role="status" className="mt-1.5 text-xs text-ink-3">
        {t("{some} of {all}", { some: shown.length, all: rows.length })}
      </p>
      <div tabIndex={0} role="group" aria-label={t("List of libraries")} className="mt-1.5 max-h-80 overflow-auto">
        <table className="w-full text-sm">
          <thead className="text-xs text-ink-3">
            <tr>
              <th scope="col" className="py-1 text-start font-normal">{t("Library")}</th>
              <th scope="col" className="py-1 ps-3 text-start font-normal">{t("Version")}</th>
              <th scope="col" className="py-1 ps-3 text-start font-normal">{t("Licence")}</th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line border-t border-line">
            {shown.map(([name, version, licence]) => (
              <tr key={`${name} ${version}`}>
                <th scope="row" className="py-1 text-start font-normal [overflow-wrap:anywhere]">{name}</th>
                <td className="py-1 ps-3 tabular-nums">{version}</td>
                <td className="py-1 ps-3">{licence}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
