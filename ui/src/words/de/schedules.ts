/** German: the words of work at a set time. */

export default {
  "Skip it": "Auslassen",
  "{work} was due on {time}, while GrowQR was not running": "{work} war am {time} fällig, als GrowQR nicht lief",
  "{work} was due on {time}, while GrowQR was not running. Run it now?": "{work} war am {time} fällig, als GrowQR nicht lief. Jetzt ausführen?",
  "It may spend up to {amount}.": "Es darf bis zu {amount} ausgeben.",
  "An agent has asked for this schedule.": "Ein Agent hat um diesen Zeitplan gebeten.",
  "asks about scheduled work": "fragt nach geplanter Arbeit",
  "Run it now": "Jetzt ausführen",
  "Scheduling": "Plant:",
  "Scheduled": "Geplant:",
};
