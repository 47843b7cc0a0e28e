/** Amounts are integer USD micro-cents everywhere; 100,000,000 are one dollar. Only this file formats them. */
import { decimal, perLocale } from "../words";

const PER_USD = 100_000_000;

const dollarsWith = (digits: number, most = digits) =>
  perLocale((locale) => new Intl.NumberFormat(locale, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", minimumFractionDigits: digits, maximumFractionDigits: most }));
const none = dollarsWith(0);
const cents = dollarsWith(2);
const parts = dollarsWith(4);
const all = dollarsWith(2, 8);

/** For people: `$0`, `<$0.0001`, `$0.0123`, `$0.42`, `$12.30`. A cost is never rounded to zero. */
export function money(microCents: number): string {
  if (microCents === 0) return none().format(0);
  const dollars = microCents / PER_USD;
  if (dollars < 0.0001) return `<${parts().format(0.0001)}`;
  if (dollars < 0.1) return parts().format(dollars);
  return cents().format(dollars);
}

/** With all its digits, as the language writes it: `$0.00012`, `$12.30`. */
export function wholeMoney(microCents: number): string {
  return all().format(microCents / PER_USD);
}

/** For tooltips: all digits. */
export function exactMoney(microCents: number): string {
  const whole = Math.trunc(microCents / PER_USD);
  const decimals = String(microCents % PER_USD).padStart(8, "0").replace(/0+$/, "").padEnd(2, "0");
  return `${whole}.${decimals} USD`;
}

/** The used share of a limit, from 0 to 1. A limit of zero counts as used up. */
export function share(used: number, limit: number): number {
  if (limit <= 0) return 1;
  return Math.min(1, Math.max(0, used / limit));
}

/** Tokens for people: `840`, `12.3k`, `1.2M`. */
export function tokens(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 1_000_000) return `${decimal(count / 1_000, count < 10_000 ? 1 : 0)}k`;
  return `${decimal(count / 1_000_000, 1)}M`;
}

/** An amount as a number of dollars, for number fields. */
export function usd(microCents: number): number {
  return microCents / PER_USD;
}
