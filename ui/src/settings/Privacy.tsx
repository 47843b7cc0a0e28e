/** Where data goes: each program besides GrowQR with what it gets and when, as the host computes it from the settings. */
import { Fragment } from "react";
import type { Destination } from "../bridge";
import { Disclosure } from "../design/Disclosure";
import { QueryView } from "../design/states";
import { usePrivacy } from "../data/queries";
import { t } from "../words";

export function Privacy() {
  return (
    <QueryView query={usePrivacy()}>
      {(all) => {
        const unused = all.filter((one) => !one.in_use);
        return (
          <>
            <Group title={t("Leaves this computer")} all={all.filter((one) => one.in_use && !one.is_local)} none={t("Nothing leaves this computer.")} />
            <Group title={t("Stays on this computer")} all={all.filter((one) => one.in_use && one.is_local)} none={t("No other program on this computer gets data.")} />
            <div className="py-3">
              <Disclosure summary={<span>{t("Not in use ({n})", { n: unused.length })}</span>} className="-ms-1.5">
                {() => <List all={unused} />}
              </Disclosure>
            </div>
          </>
        );
      }}
    </QueryView>
  );
}

function Group({ title, all, none }: { title: string; all: readonly Destination[]; none: string }) {
  return (
    <div className="py-3">
      <h4 className="text-sm font-medium">{title}</h4>
      {all.length === 0 ? <p className="mt-1 text-sm text-ink-3">{none}</p> : <List all={all} />}
    </div>
  );
}

function List({ all }: { all: readonly Destination[] }) {
  return (
    <ul>
      {all.map((one) => (
        <li key={`${one.kind} ${one.name}`} className="mt-2 text-sm">
          <p>
            {one.name} {one.address !== null && <span className="text-xs text-ink-2 [overflow-wrap:anywhere]">{one.address}</span>}
          </p>
          <dl className="grid grid-cols-[auto_1fr] gap-x-2 text-xs text-ink-3">
            {([[t("What"), one.sends], [t("When"), one.when]] as const).map(([term, text]) => (
              <Fragment key={term}>
                <dt>{term}:</dt>
                <dd lang="en" dir="auto">{text}</dd>
              </Fragment>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}
