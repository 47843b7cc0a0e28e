/** A select of the models of local servers, grouped by server. The id of a model carries the address of its server. */
import type { LocalServer } from "../bridge";
import { Select } from "../design/Field";

export function ServerModels(props: { id: string; servers: readonly LocalServer[]; value: string; onChange: (model: string) => void }) {
  return (
    <Select id={props.id} value={props.value} onChange={(event) => props.onChange(event.target.value)}>
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
        <option key={model.id} value={model.id}>
          {model.name}
        </option>
      ))}
    </optgroup>
  );
}
