/** The libraries that GrowQR is built with, and their licences. The list is loaded when it is opened. */
import { lazy, Suspense } from "react";
import { Disclosure } from "../design/Disclosure";
import { Loading } from "../design/states";
import { t } from "../words";

const LicenceTable = lazy(() => import("./LicenceTable"));

export function Licences() {
  return (
    <div className="py-3">
      <Disclosure summary={<span>{t("Libraries and their licences")}</span>} className="-ms-1.5">
        {() => (
          <Suspense fallback={<Loading />}>
            <LicenceTable />
          </Suspense>
        )}
      </Disclosure>
    </div>
  );
}
