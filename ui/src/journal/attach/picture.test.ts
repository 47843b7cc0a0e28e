import { expect, test } from "vitest";
import { oneByOne } from "./picture";

test("pictures are made one after the other, also after one that fails", async () => {
  const steps: string[] = [];
  const task = (name: string) => async () => {
    steps.push(`${name} begins`);
    await Promise.resolve();
    steps.push(`${name} ends`);
    if (name === "a") throw new Error("damaged");
    return name;
  };
  const [first, second] = await Promise.allSettled([oneByOne(task("a")), oneByOne(task("b"))]);
  expect([first?.status, second]).toEqual(["rejected", { status: "fulfilled", value: "b" }]);
  expect(steps).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});
