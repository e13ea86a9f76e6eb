import { defineConfig } from '@hey-api/openapi-ts';

/** As much of the specification as is changed here before it becomes code. */
interface Node {
  [key: string]: unknown;
  $ref?: string;
}

interface Schema extends Node {
  nullable?: boolean;
  enum?: Array<string | null>;
}

/** Types whose names in the specification hide something of the language. */
const RENAMED: Record<string, string> = { Error: 'ErrorBody' };

/** Gives the generator what it makes good types of. What goes over the wire stays the same. */
function simplify(spec: object): void {
  const components = (spec as Node)['components'] as { parameters: Record<string, Node>; schemas: Record<string, Schema> };

  const nullable = new Set<string>();
  for (const [name, schema] of Object.entries(components.schemas)) {
    if (schema.nullable) {
      // JobError is an object, and a job's error is `JobError | null`.
      nullable.add(`#/components/schemas/${name}`);
      delete schema.nullable;
      schema.enum = schema.enum?.filter((value) => value !== null);
    }
    if (schema.enum?.some((value) => value?.startsWith('-'))) {
      // `-priority` is PRIORITY_DESC, since '-PRIORITY' is no identifier.
      schema['x-enum-varnames'] = schema.enum.map((value) => String(value).toUpperCase().replace(/^-(.*)/, '$1_DESC'));
    }
  }

  for (const [from, to] of Object.entries(RENAMED)) {
    components.schemas = Object.fromEntries(
      Object.entries(components.schemas).map(([name, schema]) => [name === from ? to : name, schema]),
    );
  }

  const parameters = components.parameters;
  components.parameters = {};
  const visit = (node: Node): void => {
    const [, kind, name] = /^#\/components\/(\w+)\/(\w+)$/.exec(node.$ref ?? '') ?? [];
    if (name === undefined) return;
    if (kind === 'parameters') {
      // A shared parameter would become a type of its own, and take a schema's name.
      delete node.$ref;
      Object.assign(node, structuredClone(parameters[name]));
    } else if (kind === 'schemas' && nullable.has(String(node.$ref))) {
      node['allOf'] = [{ $ref: node.$ref }];
      node['nullable'] = true;
      delete node.$ref;
    } else if (kind === 'schemas' && RENAMED[name] !== undefined) {
      node.$ref = `#/components/schemas/${RENAMED[name]}`;
    }
  };
  eachNode(parameters, visit);
  eachNode(spec, visit);
}

/** Visits every object, what is in it first. */
function eachNode(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const child of Object.values(value)) eachNode(child, visit);
  if (!Array.isArray(value)) visit(value as Node);
}

/** `listTopics` of the tag Topics is `topics.list`, `getCollectionHealth` of Collections `collections.getHealth`. */
function methodName(tag: string, operationId: string): string {
  const singular = tag.replace(/s$/, '');
  const method = operationId.replace(new RegExp(`(?<=[a-z])${singular}s?(?![a-z])`), '');
  return `${tag[0]?.toLowerCase()}${tag.slice(1)}.${method}`;
}

export default defineConfig({
  input: '../../openapi/openapi.yaml',
  output: { path: 'src/generated', module: { extension: '.js' } },
  parser: {
    transforms: { readWrite: false },
    patch: {
      input: simplify,
      operations: (_method, _path, operation) => {
        operation.operationId = methodName(String(operation.tags?.[0]), String(operation.operationId));
      },
    },
  },
  plugins: [
    { name: '@hey-api/client-fetch', throwOnError: true },
    { name: '@hey-api/typescript', enums: 'javascript' },
    { name: '@hey-api/sdk', operations: { strategy: 'single', containerName: 'Api', methods: 'instance' } },
  ],
});
