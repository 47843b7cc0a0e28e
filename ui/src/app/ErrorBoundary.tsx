/** Shows an error in place of a view that threw while rendering; the rest of the window keeps working. */
import { Component, type ReactNode } from "react";
import { ErrorPanel } from "../design/states";
import { t } from "../words";

export class ErrorBoundary extends Component<{ children: ReactNode }, { message: string | null }> {
  override state = { message: null as string | null };

  static getDerivedStateFromError(error: unknown) {
    return { message: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.message === null) return this.props.children;
    const problem = { message: t("This view could not be displayed."), nextStep: t("Nothing is lost. Try again. ({cause})", { cause: this.state.message }) };
    return <ErrorPanel problem={problem} retry={() => this.setState({ message: null })} />;
  }
}
