/** The types of catalogues. The German one has the keys for all. */
import type de from "./de";

/** The forms of a text about a number; the other forms of a language are added here when it has them. */
export interface Forms {
  one?: string;
  other: string;
}

type German = typeof de;

/** The English text of `counted` for several things. */
export type CountedText = { [K in keyof German]: German[K] extends string ? never : K }[keyof German];
/** An English text. */
export type Sentence = Exclude<keyof German, CountedText>;
/** An English text without values. */
export type Text = Exclude<Sentence, `${string}{${string}}${string}`>;

/** The names of the values in a text. */
export type Params<K extends string> = K extends `${string}{${infer P}}${infer Rest}` ? P | Params<Rest> : never;

/** A translation of a part of the German catalogue. */
export type Translated<G> = { [K in keyof G]: G[K] extends string ? string : Forms };

export type Catalogue = Record<Sentence, string> & Record<CountedText, Forms>;
