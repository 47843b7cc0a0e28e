/** A select of the models of local servers, grouped by server. */
import type { LocalServer } from "../bridge";
import { Select } from "../design/Field";

export interface Picked {
  model: string;
  url: string;
}

/** The value of an option. Includes the server, because two servers may offer the same model. */
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
