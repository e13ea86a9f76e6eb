'use strict';

// Swagger UI has dark colours but leaves the choice to its host.
const dark = matchMedia('(prefers-color-scheme: dark)');
const paint = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', paint);
paint();

const reference = document.getElementById('reference');
SwaggerUIBundle({
  domNode: reference,
  url: reference.dataset.spec,
  layout: 'BaseLayout',
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: true,
  requestSnippetsEnabled: true,
  // The scope that an operation needs is one.
  showExtensions: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
