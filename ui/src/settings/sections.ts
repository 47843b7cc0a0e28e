/** The sections of the settings, in their order: their ids in links, and their titles. The palette reaches each. */
import type { Text } from "../words";

export const SECTIONS = {
  account: "Account",
  model: "Who answers",
  keys: "Keys",
  servers: "Models on this computer",
  budget: "Budget",
  spending: "Spending",
  limits: "Limits",
  containers: "Containers",
  rules: "Rules",
  schedules: "Work at a set time",
  quests: "Quests",
  tools: "Tools",
  files: "Files",
  skills: "Skills",
  notifications: "Notifications",
  appearance: "Appearance",
  shortcuts: "Keyboard shortcuts",
  privacy: "Privacy",
  backup: "Backup",
  computer: "On this computer",
  licences: "Licences",
} as const satisfies Record<string, Text>;

export type SectionId = keyof typeof SECTIONS;
