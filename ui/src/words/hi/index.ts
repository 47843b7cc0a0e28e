/** Hindi. It must have the keys of the German catalogue. */
import type { Catalogue } from "../catalogue";
import agents from "./agents";
import asks from "./asks";
import attachments from "./attachments";
import conversation from "./conversation";
import host from "./host";
import memory from "./memory";
import quests from "./quests";
import schedules from "./schedules";
import window from "./window";

export default { ...window, ...conversation, ...agents, ...asks, ...attachments, ...memory, ...quests, ...schedules, ...host } satisfies Catalogue;
