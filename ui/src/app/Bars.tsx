/** The bars above the view: offline, signing in, the memory. One chunk, because there is rarely one. */
import { Notices } from "../account/Notices";
import { MemoryNotice } from "./MemoryNotice";
import { Offline } from "./Offline";

export default function Bars() {
  return (
    <>
      <Offline />
      <Notices />
      <MemoryNotice />
    </>
  );
}
