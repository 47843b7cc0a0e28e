/** Polyfills for jsdom, and cleanup after each test. */
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}
globalThis.ResizeObserver ??= Observer as unknown as typeof ResizeObserver;
if (typeof Element !== "undefined") Element.prototype.scrollIntoView ??= () => {};

afterEach(cleanup);
