import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Host, ReportEnding } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { ReportRow } from "./ReportRow";

test("a report that ended in a way this version does not know is shown", () => {
  const report = { name: "Scout", text: "Found it.", ending: "postponed" as ReportEnding, spent: 0, returned: 0, up_to: 0 };
  const host = { call: async () => [], subscribe: () => () => {} } as unknown as Host;
  render(
    <DataProvider host={host} client={newClient()} journals={new Journals(host, { request: () => 0, cancel: () => {} })} drafts={new Drafts(host)}>
      <ReportRow item={{ kind: "reported", key: "r", at: 0, seq: 1, from: "a", report }} />
    </DataProvider>,
  );
  expect(screen.getByRole("button").textContent).toContain("Scout reported back");
});
