/** The syntax highlighter, loaded with the first code block. */
import rehypeHighlight from "rehype-highlight";

export default rehypeHighlight;
