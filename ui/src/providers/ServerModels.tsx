/** The models of local servers to choose from, under the server that runs each. */
import type { LocalServer } from "../bridge";
import { Select } from "../design/Field";

export interface Picked {
  model: string;
  url: string;
}

/** One text for both: the same model may run at two servers. */
export function optionValue({ model, url }: Picked): string {
  return `${url} ${model}`;
}

export function parseOption(text: string): Picked {
  const [url = "", ...model] = text.split(" ");
  return { url, model: model.join(" ") };
}

export function ServerModels(props: { id: string; servers: readonly LocalServer[]; value: Picked | null; onChange: (picked: Picked) => void }) {
  return (
    <Select id={props.id} value={props.value ? optionValue(props.value) : ""} onChange={(event) => props.onChange(parseOption(event.target.value))}>
      {props.servers.map((server) => (
        <ServerGroup key={server.url} server={server} />
      ))}
    </Select>
  );
}

export function ServerGroup({ server }: { server: LocalServer }) {
  return (
    <optgroup label={server.name}>
      {server.models.map((model) => (
        <option key={model.id} value={optionValue({ model: model.id, url: server.url })}>
          {model.name}
        </option>
      ))}
    </optgroup>
  );
}
