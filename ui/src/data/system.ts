/** The system that the window runs on, as far as its keyboard is concerned. */

export const IS_MAC = navigator.platform.startsWith("Mac");

/** The name of the modifier key on this system. */
export const MOD = IS_MAC ? "⌘" : "Ctrl";
