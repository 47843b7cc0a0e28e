import { expect, test } from "vitest";
import { copyCommand } from "./copyCommand";

test("a path of a stranger stays one word of the command", () => {
  expect(copyCommand("a1-b2", "out/data.bin")).toBe("growqr stack files get a1-b2 out/data.bin --output data.bin");
  expect(copyCommand("a1", "x; $(rm)")).toBe("growqr stack files get a1 'x; $(rm)' --output 'x; $(rm)'");
  expect(copyCommand("a1", "it's")).toBe(String.raw`growqr stack files get a1 'it'\''s' --output 'it'\''s'`);
  expect(copyCommand("a1", "-rf")).toBe("growqr stack files get a1 -rf --output ./-rf");
});
