import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  // .js and .d.ts for ESM, .cjs and .d.cts for CommonJS, since the package is of type module.
  fixedExtension: false,
  logLevel: 'warn',
});
