/** The rows of a transcript that its first paint can do without, in one chunk. */
export { AnswerDetails } from "./AnswerDetails";
export { AnswerWeb } from "./AnswerWeb";
export { AskCard } from "./asks/AskCard";
export { ChargeRow } from "./ChargeRow";
export { ChildCard } from "./ChildCard";
export { Ending, Pausing } from "./Ending";
export { AsideRow, Divided } from "./LeftBehind";
export { ReportRow } from "./ReportRow";
export { SentFiles } from "./attach/SentFiles";
