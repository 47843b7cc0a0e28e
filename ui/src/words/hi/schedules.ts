/** Hindi: the words of work at a set time. */
import type { Translated } from "../catalogue";
import type de from "../de/schedules";

export default {
  "Skip it": "छोड़ दें",
  "{work} was due on {time}, while GrowQR was not running": "{work} का समय {time} था, जब GrowQR नहीं चल रहा था",
  "{work} was due on {time}, while GrowQR was not running. Run it now?": "{work} का समय {time} था, जब GrowQR नहीं चल रहा था। अभी चलाएँ?",
  "It may spend up to {amount}.": "यह {amount} तक खर्च कर सकता है।",
  "An agent has asked for this schedule.": "यह समय-सारणी एक एजेंट ने माँगी है।",
  "asks about scheduled work": "तय समय के काम के बारे में पूछता है",
  "Run it now": "अभी चलाएँ",
  "Scheduling": "समय तय हो रहा है:",
  "Scheduled": "समय तय किया गया:",
} satisfies Translated<typeof de>;
