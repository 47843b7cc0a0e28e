/** Colours for code; loaded when the first code block is shown. */
import rehypeHighlight from "rehype-highlight";

export default rehypeHighlight;
