import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Budget, Host } from "../bridge";
import { DataProvider, newClient } from "../data/context";
import { Drafts } from "../data/drafts";
import { Journals } from "../data/journals";
import { Spending } from "./Spending";

const budget: Budget = {
  per_message: 200_000_000, per_day: 1_000_000_000, per_month: null, used_message: 0, raised: 0, used_day: 0, used_month: 0, spent: 0, unknown: 0, reserved: 0,
  children: { used: 3, limit: 20 },
  unpriced: { calls: { used: 60, limit: 60 }, tokens: { used: 61_000, limit: 2_000_000 } },
};

function show(budget: Budget) {
  const host = { call: () => Promise.resolve(budget) } as unknown as Host;
  const journals = new Journals(host, { request: () => 0, cancel: () => {} });
  render(
    <DataProvider host={host} client={newClient()} journals={journals} drafts={new Drafts(host)}>
      <Spending />
    </DataProvider>,
  );
}

test("the limits of all agents of a message are shown with what is used of them", async () => {
  show(budget);
  expect((await screen.findByRole("meter", { name: "Sub-agents, latest message: used" })).getAttribute("aria-valuetext")).toBe("3 of 20");
  expect(screen.getByRole("meter", { name: "Model calls, latest message: used" }).getAttribute("aria-valuetext")).toBe("60 of 60");
  expect(screen.getByText("61k of 2.0M")).toBeTruthy();
});

test("calls and tokens are not limits of a model with a price", async () => {
  show({ ...budget, unpriced: null });
  await screen.findByRole("meter", { name: "Sub-agents, latest message: used" });
  expect(screen.queryByText(/no known price/)).toBeNull();
});
