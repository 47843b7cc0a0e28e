import { expect, test } from "vitest";
import { ruleAgent } from "./ruleAgent";

test("a line names its agent by an id that is no pattern", () => {
  expect(ruleAgent("allow send_mail host=a.example agent=a-1")).toBe("a-1");
  expect(ruleAgent("deny send_mail agent=grow as risky")).toBe("grow");
  expect(ruleAgent("allow files__read agent=a-1 hash=0af1")).toBe("a-1");
  for (const line of ["allow send_mail", "allow send_mail agent=a-*", 'deny send_mail path="x agent=a-1" as risky', "ask * depth=1+"]) expect(ruleAgent(line)).toBeNull();
});
