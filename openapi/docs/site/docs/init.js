'use strict';

// Swagger UI has dark colours but leaves the choice to its host.
const dark = matchMedia('(prefers-color-scheme: dark)');
const paint = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', paint);
paint();

// Swagger UI sends each parameter's example unless the reader takes it out, so that a list would be
// filtered by all examples at once. What is optional starts empty, and its description tells the example.
const emptyOptional = (spec) => {
  const lists = Object.values(spec.paths ?? {}).flatMap((item) => [item, ...Object.values(item)]).map((owner) => owner?.parameters ?? []);
  for (const parameter of [Object.values(spec.components?.parameters ?? {}), ...lists].flat()) {
    if (parameter.required || parameter.$ref) continue;
    const schema = { ...(spec.components?.schemas?.[parameter.schema?.$ref?.split('/').pop()] ?? parameter.schema) };
    const example = parameter.example ?? Object.values(parameter.examples ?? {})[0]?.value ?? schema.example;
    if (example === undefined) continue;
    delete parameter.example;
    delete parameter.examples;
    delete schema.example;
    const text = typeof example === 'string' ? example : JSON.stringify(example);
    Object.assign(parameter, { schema, description: `${parameter.description ?? ''}\n\nExample: \`${text}\`` });
  }
  return spec;
};
const startEmpty = { statePlugins: { spec: { wrapActions: { updateJsonSpec: (update) => (spec) => update(emptyOptional(spec)) } } } };

const reference = document.getElementById('reference');
SwaggerUIBundle({
  domNode: reference,
  url: reference.dataset.spec,
  layout: 'BaseLayout',
  plugins: [startEmpty],
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: true,
  requestSnippetsEnabled: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
