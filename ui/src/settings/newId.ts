/** An id that the window chooses. Sent again after a lost answer, it names the same thing. */
export const newId = (prefix: string) => `${prefix}-${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`;
